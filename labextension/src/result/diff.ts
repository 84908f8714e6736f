/** What must change for one text to become another; as chat_magic/analysis/diff.py says it. */

import { diffArrays } from 'diff';
import { jsonValue } from './jsonFields';
import { segments } from './segments';

export type Kind = 'same' | 'insert' | 'delete';

export interface Change {
  kind: Kind;
  text: string;
}

/** A field that is in both, or in one of them, as JSON. */
export interface FieldChange {
  kind: Kind | 'change';
  /** Its JSON Pointer. */
  pointer: string;
  before: string | null;
  after: string | null;
}

/** Edits after which two texts have too little in common to be told apart piece by piece. */
const MOST_EDITS = 1500;

const SPACE = '\\t-\\r\\x1c- \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';
const BLANK = `[${SPACE.replace('\\t-\\r', '\\t\\x0b-\\r')}]`;
const MARK =
  '!-/:-@\\[-^`{-~\\u00a1\\u00a7\\u00ab\\u00b6\\u00b7\\u00bb\\u00bf\\u2010-\\u2027\\u2030-\\u205e' +
  '\\u3001-\\u3004\\u3008-\\u303f\\uff01-\\uff0f\\uff1a-\\uff20\\uff3b-\\uff40\\uff5b-\\uff65';
/** Kana and Han, which put no spaces between words. */
const SCRIPT = '\\u3005-\\u3007\\u3041-\\u30ff\\u3400-\\u4dbf\\u4e00-\\u9fff\\uf900-\\ufaff';
const LETTER = `[^${SPACE}${MARK}${SCRIPT}]`;
const WORD = new RegExp(
  `${BLANK}*\\n` +
    `|${BLANK}?(?:[0-9]+(?:[.,][0-9]+)+|${LETTER}+(?:['\\u2019]${LETTER}+)*` +
    `|[${SCRIPT}]|([${MARK}])\\1*)` +
    `|${BLANK}+(?=${BLANK})|${BLANK}`,
  'g'
);

/** Cut a text into the units that are compared: a word with the blank before it, a mark, a line end. */
export function units(text: string, by: 'word' | 'sentence'): string[] {
  return by === 'word'
    ? Array.from(text.matchAll(WORD), ([unit]) => unit)
    : segments(text, by).map(({ start, end }) => text.slice(start, end));
}

/** Return the changes from one text to another, deletions before insertions. */
export function diff(base: readonly string[], other: readonly string[]): Change[] {
  const changes = editsOf(base, other).map(({ kind, items }) => ({ kind, text: items.join('') }));
  return joined(withoutIslands(joined(changes)));
}

/** Items that stay, come in, or go together. */
interface Edit {
  kind: Kind;
  items: readonly string[];
}

/** Return the fewest edits from one list to another; beyond `MOST_EDITS`, all between their ends. */
function editsOf(base: readonly string[], other: readonly string[]): Edit[] {
  const found = diffArrays([...base], [...other], { maxEditLength: MOST_EDITS });
  const edits = found?.map(({ added, removed, value }): Edit => ({
    kind: added ? 'insert' : removed ? 'delete' : 'same',
    items: value
  }));
  return edits ?? allBetween(base, other);
}

/**
 * Make marks and blanks alone part of the changes around them, of which one takes away and one
 * adds: nobody reads a comma as what two texts have in common.
 */
function withoutIslands(changes: Change[]): Change[] {
  return changes.flatMap((change, place): Change[] => {
    const { kind, text } = change;
    const [before, after] = [neighbours(changes, place, -1), neighbours(changes, place, 1)];
    const around = new Set([...before, ...after]);
    const isIsland = before.length && after.length && around.size === 2;
    if (kind !== 'same' || !isIsland || /[\p{L}\p{N}\n]/u.test(text)) {
      return [change];
    }
    return [
      { kind: 'delete', text },
      { kind: 'insert', text }
    ];
  });
}

/** Return the kinds of change on one side of a place, up to what stays. */
function neighbours(changes: Change[], place: number, step: 1 | -1): Kind[] {
  const kinds: Kind[] = [];
  for (let at = place + step; changes[at] && changes[at].kind !== 'same'; at += step) {
    kinds.push(changes[at].kind);
  }
  return kinds;
}

/** Change all between what both texts begin with and what both end with. */
function allBetween(base: readonly string[], other: readonly string[]): Edit[] {
  const most = Math.min(base.length, other.length);
  let start = 0;
  while (start < most && base[start] === other[start]) {
    start += 1;
  }
  let end = 0;
  while (end < most - start && base[base.length - 1 - end] === other[other.length - 1 - end]) {
    end += 1;
  }
  return [
    { kind: 'same', items: base.slice(0, start) },
    { kind: 'delete', items: base.slice(start, base.length - end) },
    { kind: 'insert', items: other.slice(start, other.length - end) },
    { kind: 'same', items: base.slice(base.length - end) }
  ];
}

/** Join neighbours of one kind, deletions first where nothing stays between them. */
function joined(changes: Change[]): Change[] {
  const all: Change[] = [];
  let deleted = '';
  let inserted = '';
  const flush = (): void => {
    all.push(
      ...(deleted ? [{ kind: 'delete' as const, text: deleted }] : []),
      ...(inserted ? [{ kind: 'insert' as const, text: inserted }] : [])
    );
    deleted = inserted = '';
  };
  for (const { kind, text } of changes) {
    if (kind === 'delete') {
      deleted += text;
    } else if (kind === 'insert') {
      inserted += text;
    } else if (text) {
      flush();
      const last = all.at(-1);
      if (last?.kind === 'same') {
        last.text += text;
      } else {
        all.push({ kind, text });
      }
    }
  }
  flush();
  return all;
}

/** The pointers of a value in the base and in the other text, and what is there, if anything. */
interface Pair {
  at: string;
  to: string;
  before: unknown;
  after: unknown;
}

/** Return how two JSON texts differ by field; null unless both are objects or lists. */
export function diffJson(base: string, other: string): FieldChange[] | null {
  const [before, after] = [jsonValue(base), jsonValue(other)];
  if (!isBranch(before) || !isBranch(after)) {
    return null;
  }
  const changes: FieldChange[] = [];
  const waiting: Pair[] = [{ at: '', to: '', before, after }];
  for (let pair = waiting.pop(); pair; pair = waiting.pop()) {
    const inner = innerOf(pair);
    if (inner) {
      waiting.push(...inner.reverse());
    } else {
      changes.push(fieldChange(pair));
    }
  }
  return changes;
}

/** Return what two objects or lists hold; null where they are to be one field. */
function innerOf({ at, to, before, after }: Pair): Pair[] | null {
  const both = [before, after].filter(value => value !== undefined);
  if (!both.every(value => isBranch(value) && Object.keys(value).length > 0)) {
    return null;
  }
  if (both.every(value => Array.isArray(value))) {
    const [one, two] = [before ?? [], after ?? []] as unknown[][];
    return paired(one, two).map(([old, now]) => ({
      at: pointerTo(at, old),
      to: pointerTo(to, now),
      before: one[old],
      after: two[now]
    }));
  }
  if (both.some(value => Array.isArray(value))) {
    return null;
  }
  const [one, two] = [before ?? {}, after ?? {}] as Record<string, unknown>[];
  const keys = new Set([...Object.keys(one), ...Object.keys(two)]);
  return Array.from(keys, key => ({
    at: pointerTo(at, key),
    to: pointerTo(to, key),
    before: Object.hasOwn(one, key) ? one[key] : undefined,
    after: Object.hasOwn(two, key) ? two[key] : undefined
  }));
}

/** Return the places of the items of two lists that belong together; -1 where there is none. */
function paired(one: unknown[], two: unknown[]): [number, number][] {
  const pairs: [number, number][] = [];
  let [at, to, deleted, inserted] = [0, 0, 0, 0];
  const flush = (): void => {
    for (let step = 0; step < Math.max(deleted, inserted); step += 1) {
      pairs.push([step < deleted ? at + step : -1, step < inserted ? to + step : -1]);
    }
    [at, to, deleted, inserted] = [at + deleted, to + inserted, 0, 0];
  };
  for (const { kind, items } of editsOf(one.map(canonical), two.map(canonical))) {
    if (kind === 'insert') {
      inserted += items.length;
    } else if (kind === 'delete') {
      deleted += items.length;
    } else {
      flush();
      items.forEach((_, step) => pairs.push([at + step, to + step]));
      [at, to] = [at + items.length, to + items.length];
    }
  }
  flush();
  return pairs;
}

function fieldChange({ at, to, before, after }: Pair): FieldChange {
  if (after === undefined) {
    return { kind: 'delete', pointer: at, before: JSON.stringify(before), after: null };
  }
  if (before === undefined) {
    return { kind: 'insert', pointer: to, before: null, after: JSON.stringify(after) };
  }
  const kind = canonical(before) === canonical(after) ? 'same' : 'change';
  return { kind, pointer: to, before: JSON.stringify(before), after: JSON.stringify(after) };
}

function isBranch(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function pointerTo(pointer: string, step: string | number): string {
  return `${pointer}/${String(step).replace(/~/g, '~0').replace(/\//g, '~1')}`;
}

/** Return a text that equal values share, whatever the order of their keys. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) =>
    isBranch(each) && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each
  );
}
