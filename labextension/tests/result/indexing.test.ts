import { expect, it } from 'vitest';
import { itemAt, nextItem } from '../../src/result/indexing';

it('returns an item by its index', () => {
  expect(itemAt(['a', 'b'], 1)).toBe('b');
  expect(itemAt([null], 0)).toBeNull();
});

it.each([-1, 2])('raises where there is no item: %i', index => {
  expect(() => itemAt(['a', 'b'], index)).toThrow(RangeError);
});

it.each([
  ['a', 'b'],
  ['c', 'a']
])('goes from %s to %s', (item, next) => expect(nextItem(['a', 'b', 'c'], item)).toBe(next));
