import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commonBlocks } from '../../src/result/commonBlocks';

/** The length of a longest common subsequence, by the textbook. */
function commonLength(base: readonly string[], other: readonly string[]): number {
  let row = new Array<number>(other.length + 1).fill(0);
  for (const item of base) {
    const next = [0];
    other.forEach((otherItem, index) => {
      const longer = Math.max(row[index + 1] ?? 0, next[index] ?? 0);
      next.push(item === otherItem ? (row[index] ?? 0) + 1 : longer);
    });
    row = next;
  }
  return row.at(-1) ?? 0;
}

const items = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 90 });

describe('common blocks', () => {
  it('are a longest common subsequence', () => {
    fc.assert(
      fc.property(items, items, (base, other) => {
        const size = commonBlocks(base, other).reduce((sum, block) => sum + block.size, 0);
        expect(size).toBe(commonLength(base, other));
      })
    );
  });

  it('are equal stretches, in order', () => {
    fc.assert(
      fc.property(items, items, (base, other) => {
        let [at, otherAt] = [0, 0];
        for (const { start, otherStart, size } of commonBlocks(base, other)) {
          expect(start >= at && otherStart >= otherAt && size > 0).toBe(true);
          expect(base.slice(start, start + size)).toEqual(
            other.slice(otherStart, otherStart + size)
          );
          [at, otherAt] = [start + size, otherStart + size];
        }
      })
    );
  });

  it.each([
    ['nothing in common', ['a'], ['b'], []],
    ['an empty list', [], ['a'], []],
    ['equal lists', ['a', 'b'], ['a', 'b'], [{ start: 0, otherStart: 0, size: 2 }]]
  ])('of %s', (_about, base, other, blocks) => {
    expect(commonBlocks(base, other)).toEqual(blocks);
  });
});
