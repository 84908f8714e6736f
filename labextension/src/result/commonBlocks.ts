/** What two lists have in common, by the rules of chat_magic/analysis/diff.py. */

import constants from '../constants.json';

/** A stretch that two lists share. */
export interface Block {
  /** Its start in the base. */
  start: number;
  /** Its start in the other list. */
  otherStart: number;
  size: number;
}

/** Return what stays when one list becomes another, from the beginning to the end. */
export function commonBlocks(base: readonly string[], other: readonly string[]): Block[] {
  const [start, end] = commonEnds(base, other);
  const baseEnd = base.length - end;
  const otherEnd = other.length - end;
  const blocks = [{ start: 0, otherStart: 0, size: start }];
  if ((baseEnd - start) * (otherEnd - start) <= constants.maxDiffWork) {
    const matches = longestCommonSubsequence(
      base.slice(start, baseEnd),
      other.slice(start, otherEnd)
    );
    blocks.push(...joinedMatches(matches, start));
  }
  blocks.push({ start: baseEnd, otherStart: otherEnd, size: end });
  return blocks.filter(({ size }) => size > 0);
}

/** Return how many items both begin with, and how many of the rest both end with. */
function commonEnds(base: readonly string[], other: readonly string[]): [number, number] {
  const shorter = Math.min(base.length, other.length);
  let start = 0;
  while (start < shorter && base[start] === other[start]) {
    start += 1;
  }
  let end = 0;
  while (end < shorter - start && base.at(-1 - end) === other.at(-1 - end)) {
    end += 1;
  }
  return [start, end];
}

function joinedMatches(matches: readonly [number, number][], offset: number): Block[] {
  const blocks: Block[] = [];
  for (const [index, otherIndex] of matches) {
    const last = blocks.at(-1);
    const [start, otherStart] = [index + offset, otherIndex + offset];
    if (last && start === last.start + last.size && otherStart === last.otherStart + last.size) {
      last.size += 1;
    } else {
      blocks.push({ start, otherStart, size: 1 });
    }
  }
  return blocks;
}

/**
 * Return the pairs of indexes of a longest common subsequence.
 *
 * Bit-parallel (Hyyrö 2004): a row for each item of the other list, in which a cleared bit says
 * that the subsequence gets longer at that item of the base.
 */
function longestCommonSubsequence(
  base: readonly string[],
  other: readonly string[]
): [number, number][] {
  const width = Math.ceil(base.length / 32);
  const masks = occurrenceMasks(base);
  const rows = new Uint32Array(width * other.length);
  let row = new Uint32Array(width).fill(0xffffffff);
  other.forEach((item, index) => {
    const next = rows.subarray(index * width, (index + 1) * width);
    next.set(row);
    advance(next, masks.get(item) ?? []);
    row = next;
  });
  return tracedMatches(rows, width, base.length, other.length);
}

/** The bits of the base at which an item occurs, by words of 32 bits. */
type Mask = [word: number, bits: number][];

function occurrenceMasks(items: readonly string[]): Map<string, Mask> {
  const masks = new Map<string, Mask>();
  items.forEach((item, index) => {
    const mask = masks.get(item) ?? [];
    masks.set(item, mask);
    const last = mask.at(-1);
    const bit = (1 << (index & 31)) >>> 0;
    if (last?.[0] === index >> 5) {
      last[1] = (last[1] | bit) >>> 0;
    } else {
      mask.push([index >> 5, bit]);
    }
  });
  return masks;
}

/** Set S to (S + (S & mask)) | (S & ~mask); words between those of the mask change by a carry. */
function advance(row: Uint32Array, mask: Mask): void {
  let carry = 0;
  let next = 0;
  for (let entry = 0; entry < mask.length || (carry && next < row.length);) {
    const [word, bits] = mask[entry] ?? [row.length, 0];
    const at = carry && next < word ? next : word;
    const matched = at === word ? bits : 0;
    entry += at === word ? 1 : 0;
    const old = row[at] ?? 0;
    const sum = old + ((old & matched) >>> 0) + carry;
    carry = sum > 0xffffffff ? 1 : 0;
    row[at] = sum | (old & ~matched);
    next = at + 1;
  }
}

/** Go from the end backwards: delete where that loses nothing, else insert, else keep. */
function tracedMatches(
  rows: Uint32Array,
  width: number,
  baseLength: number,
  otherLength: number
): [number, number][] {
  const isSet = (row: number, bit: number): boolean =>
    (((rows[row * width + (bit >> 5)] ?? 0) >>> (bit & 31)) & 1) === 1;
  const matches: [number, number][] = [];
  let [column, row] = [baseLength, otherLength];
  while (row && column) {
    if (isSet(row - 1, column - 1)) {
      column -= 1;
    } else {
      row -= 1;
      if (!row || isSet(row - 1, column - 1)) {
        column -= 1;
        matches.push([column, row]);
      }
    }
  }
  return matches.reverse();
}
