/** What must change for one text to become another, by the rules of chat_magic/analysis/diff.py. */

import { pattern } from '../patterns';
import { commonBlocks, type Block } from './commonBlocks';
import { segments } from './segments';

export type ChangeKind = 'same' | 'insert' | 'delete';

export interface Change {
  kind: ChangeKind;
  text: string;
}

const WORD = pattern('diffWord', 'g');

/** Cut a text into the units that are compared; joined, they are the text. */
export function units(text: string, by: 'word' | 'sentence'): string[] {
  return by === 'word'
    ? Array.from(text.matchAll(WORD), ([unit]) => unit)
    : segments(text, by).map(({ start, end }) => text.slice(start, end));
}

/** Return the changes from one text to another, each deletion before its insertion. */
export function diff(base: readonly string[], other: readonly string[]): Change[] {
  const baseUnits = base.filter(unit => unit !== '');
  const otherUnits = other.filter(unit => unit !== '');
  const end = { start: baseUnits.length, otherStart: otherUnits.length, size: 0 };
  const changes: Change[] = [];
  let [at, otherAt] = [0, 0];
  const add = (kind: ChangeKind, stretch: readonly string[]): void => {
    if (stretch.length) {
      changes.push({ kind, text: stretch.join('') });
    }
  };
  for (const { start, otherStart, size } of [...readableBlocks(baseUnits, otherUnits), end]) {
    add('delete', baseUnits.slice(at, start));
    add('insert', otherUnits.slice(otherAt, otherStart));
    add('same', baseUnits.slice(start, start + size));
    [at, otherAt] = [start + size, otherStart + size];
  }
  return changes;
}

/** Return the share, 0 to 1, of two texts that is the same; 1 for two empty ones. */
export function sharedPart(changes: readonly Change[]): number {
  const length = (kind: ChangeKind): number =>
    changes.reduce((sum, change) => sum + (change.kind === kind ? change.text.length : 0), 0);
  const same = 2 * length('same');
  const all = same + length('insert') + length('delete');
  return all ? same / all : 1;
}

/** Tell whether what is inserted would touch what is deleted before it, as at the start of a text. */
export function replacesWithoutSpace(
  before: { kind: string; text: string } | undefined,
  { kind, text }: { kind: string; text: string }
): boolean {
  const isReplaced = before?.kind === 'delete' && kind === 'insert';
  return isReplaced && !/\s$/.test(before.text) && !/^\s/.test(text);
}

/** Leave out blocks of mere punctuation around which something is deleted and something inserted. */
function readableBlocks(base: readonly string[], other: readonly string[]): Block[] {
  const blocks = commonBlocks(base, other);
  return blocks.filter((block, index) => {
    const { start, otherStart, size } = block;
    const [end, otherEnd] = [start + size, otherStart + size];
    const before = blocks[index - 1] ?? { start: 0, otherStart: 0, size: 0 };
    const after = blocks[index + 1] ?? { start: base.length, otherStart: other.length };
    const deletes = start > before.start + before.size || after.start > end;
    const inserts = otherStart > before.otherStart + before.size || after.otherStart > otherEnd;
    const isAtAnEnd =
      (start === 0 && otherStart === 0) || (end === base.length && otherEnd === other.length);
    return isAtAnEnd || !(deletes && inserts) || isReadable(base.slice(start, end));
  });
}

function isReadable(stretch: readonly string[]): boolean {
  return stretch.some(unit => /[\p{L}\p{N}\n]/u.test(unit));
}
