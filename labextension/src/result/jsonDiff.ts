/** What must change for one JSON value to become another, by the rules of chat_magic/analysis/json_diff.py. */

import { commonBlocks } from './commonBlocks';
import type { ChangeKind } from './diff';
import { pointerTo } from './jsonFields';
import { JsonNumber, jsonValue, type JsonValue } from './jsonText';

/** A field of a JSON value: kept, inserted, deleted or changed. */
export interface FieldChange {
  kind: ChangeKind | 'change';
  /** Its JSON Pointer in the other value; in the base if it is deleted. */
  pointer: string;
  /** Compact JSON; null if it is inserted. */
  before: string | null;
  /** Compact JSON; null if it is deleted. */
  after: string | null;
}

/** A place in the base and in the other value, and the values there, if any. */
interface Pair {
  basePointer: string;
  otherPointer: string;
  before: JsonValue | undefined;
  after: JsonValue | undefined;
}

/** Compare two JSON texts field by field; null unless both are objects or lists. */
export function diffJson(base: string, other: string): FieldChange[] | null {
  const [before, after] = [jsonValue(base), jsonValue(other)];
  if (!isContainer(before) || !isContainer(after)) {
    return null;
  }
  const changes: FieldChange[] = [];
  const waiting: Pair[] = [{ basePointer: '', otherPointer: '', before, after }];
  for (let pair = waiting.pop(); pair; pair = waiting.pop()) {
    const inner = innerPairs(pair);
    if (inner) {
      waiting.push(...inner.reverse());
    } else {
      changes.push(fieldChange(pair));
    }
  }
  return changes;
}

/** Return the pairs in two objects or two lists; null if the pair is one field. */
function innerPairs(pair: Pair): Pair[] | null {
  const present = [pair.before, pair.after].filter(value => value !== undefined);
  if (present.every(value => value instanceof Map && value.size > 0)) {
    return objectPairs(pair);
  }
  return present.every(value => Array.isArray(value) && value.length > 0) ? listPairs(pair) : null;
}

function objectPairs({ basePointer, otherPointer, before, after }: Pair): Pair[] {
  const base = before instanceof Map ? before : new Map<string, JsonValue>();
  const other = after instanceof Map ? after : new Map<string, JsonValue>();
  const keys = new Set([...base.keys(), ...other.keys()]);
  return Array.from(keys, key => ({
    basePointer: pointerTo(basePointer, key),
    otherPointer: pointerTo(otherPointer, key),
    before: base.get(key),
    after: other.get(key)
  }));
}

function listPairs({ basePointer, otherPointer, before, after }: Pair): Pair[] {
  const base = Array.isArray(before) ? before : [];
  const other = Array.isArray(after) ? after : [];
  return pairedIndexes(base, other).map(([index, otherIndex]) => ({
    basePointer: pointerTo(basePointer, index ?? ''),
    otherPointer: pointerTo(otherPointer, otherIndex ?? ''),
    before: index === null ? undefined : base[index],
    after: otherIndex === null ? undefined : other[otherIndex]
  }));
}

/** Return the indexes of the items of two lists that belong together. */
function pairedIndexes(
  base: readonly JsonValue[],
  other: readonly JsonValue[]
): [number | null, number | null][] {
  const pairs: [number | null, number | null][] = [];
  let [at, otherAt] = [0, 0];
  const end = { start: base.length, otherStart: other.length, size: 0 };
  const blocks = commonBlocks(base.map(canonical), other.map(canonical));
  for (const { start, otherStart, size } of [...blocks, end]) {
    while (at < start || otherAt < otherStart) {
      pairs.push([at < start ? at++ : null, otherAt < otherStart ? otherAt++ : null]);
    }
    for (let step = 0; step < size; step += 1) {
      pairs.push([at++, otherAt++]);
    }
  }
  return pairs;
}

function fieldChange({ basePointer, otherPointer, before, after }: Pair): FieldChange {
  const [old, now] = [before, after].map(value => (value === undefined ? null : compact(value)));
  if (after === undefined || before === undefined) {
    const kind = after === undefined ? 'delete' : 'insert';
    const pointer = after === undefined ? basePointer : otherPointer;
    return { kind, pointer, before: old ?? null, after: now ?? null };
  }
  const kind = canonical(before) === canonical(after) ? 'same' : 'change';
  return { kind, pointer: otherPointer, before: old ?? null, after: now ?? null };
}

function isContainer(value: JsonValue | undefined): boolean {
  return Array.isArray(value) || value instanceof Map;
}

/** Write a value as compact JSON. */
function compact(value: JsonValue): string {
  return write(value, entries => entries);
}

/** Write a value so that equal ones are equal texts, whatever the order of their keys. */
function canonical(value: JsonValue): string {
  return write(value, entries => entries.sort(([key], [other]) => (key < other ? -1 : 1)));
}

type Entries = [string, JsonValue][];

function write(value: JsonValue, ordered: (entries: Entries) => Entries): string {
  if (Array.isArray(value)) {
    return `[${value.map(item => write(item, ordered)).join(',')}]`;
  }
  if (value instanceof Map) {
    const entries = ordered([...value]).map(
      ([key, item]) => `${JSON.stringify(key)}:${write(item, ordered)}`
    );
    return `{${entries.join(',')}}`;
  }
  return value instanceof JsonNumber ? value.text : JSON.stringify(value);
}
