import { describe, expect, it } from 'vitest';
import { isSameWindow, rowWindow } from '../../src/result/rowWindow';

describe('the window of a long table', () => {
  it.each([
    [0, { start: 0, end: 24 }],
    [100 * 40, { start: 84, end: 132 }],
    [1990 * 40, { start: 1968, end: 2000 }]
  ])('has the rows in view and some around them, at %i', (scrollTop, expected) => {
    expect(rowWindow(scrollTop, 400, 40, 2000)).toEqual(expected);
  });

  it('has every row in view, wherever the table is scrolled to', () => {
    for (let scrollTop = 0; scrollTop <= 2000 * 40 - 400; scrollTop += 97) {
      const { start, end } = rowWindow(scrollTop, 400, 40, 2000);
      expect(start).toBeLessThanOrEqual(Math.floor(scrollTop / 40));
      expect(end).toBeGreaterThanOrEqual(Math.ceil((scrollTop + 400) / 40));
      expect(end - start).toBeLessThanOrEqual(60);
    }
  });

  it('ends with the rows, also where there are fewer than before', () => {
    expect(rowWindow(5000, 400, 40, 3)).toEqual({ start: 3, end: 3 });
    expect(rowWindow(0, 400, 40, 0)).toEqual({ start: 0, end: 0 });
  });

  it('stays the same while it is scrolled a little', () => {
    expect(isSameWindow(rowWindow(0, 400, 40, 99), rowWindow(39, 400, 40, 99))).toBe(true);
    expect(isSameWindow(null, { start: 0, end: 1 })).toBe(false);
  });
});
