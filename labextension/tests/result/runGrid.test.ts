import { expect, it } from 'vitest';
import { isGrid, layOutGrid } from '../../src/result/runGrid';

it.each([
  [[], false],
  [[{ name: 'model', titles: ['a', 'b'] }], false],
  [[{ name: 'seed', titles: ['1'] }], true],
  [
    [
      { name: 'model', titles: ['a'] },
      { name: 'seed', titles: ['1'] }
    ],
    true
  ]
])('tells whether %j is worth a table', (axes, answer) => expect(isGrid(axes)).toBe(answer));

it('lays a grid out with its last axis across and all others down', () => {
  const axes = [
    { name: 'a', titles: ['1', '2'] },
    { name: 'b', titles: ['x', 'y'] },
    { name: 'c', titles: ['p', 'q', 'r'] }
  ];
  const { rows, down, across } = layOutGrid(axes);
  expect([down.length, across.name]).toEqual([2, 'c']);
  expect(rows[2]).toEqual({ titles: ['2', 'x'], results: [6, 7, 8] });
});
