import { describe, expect, it } from 'vitest';
import { visibleRows } from '../../src/result/treeRows';

describe('the rows of a tree', () => {
  const node = (parent: number) => ({
    parent,
    text: '',
    token_units: 0,
    count: 1,
    among: 1,
    low: 0,
    high: 1,
    prob: null,
    answers: []
  });
  const nodes = [-1, 0, 1, 1, 0].map(node);

  it('come from the root down, each branch before the next one', () => {
    expect(visibleRows(nodes, new Set()).map(({ node, level }) => [node, level])).toEqual([
      [0, 1],
      [1, 2],
      [2, 3],
      [3, 3],
      [4, 2]
    ]);
  });

  it('leave out the descendants of a collapsed node', () => {
    const rows = visibleRows(nodes, new Set([1]));
    expect(rows.map(({ node }) => node)).toEqual([0, 1, 4]);
    expect(rows[2]).toMatchObject({ isLeaf: true, position: 2, size: 2 });
  });
});
