/** The tree of what the answers share, as rows of which some are collapsed. */

import type { PayloadNode } from './payloadTypes';

export interface TreeRow {
  /** Index of its node. */
  node: number;
  /** 1 for the root. */
  level: number;
  isLeaf: boolean;
  /** Its number among its siblings, from 1. */
  position: number;
  /** The number of siblings, itself included. */
  size: number;
}

/** Return the rows in reading order, without the descendants of collapsed nodes. */
export function visibleRows(
  nodes: readonly PayloadNode[],
  collapsed: ReadonlySet<number>
): TreeRow[] {
  const children = childIndexes(nodes);
  const rows: TreeRow[] = [];
  const waiting: Omit<TreeRow, 'isLeaf'>[] = nodes.length
    ? [{ node: 0, level: 1, position: 1, size: 1 }]
    : [];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { node, level } = next;
    const below = children[node] ?? [];
    rows.push({ ...next, isLeaf: below.length === 0 });
    if (!collapsed.has(node)) {
      const inner = below.map((child, index) => ({
        node: child,
        level: level + 1,
        position: index + 1,
        size: below.length
      }));
      waiting.push(...inner.reverse());
    }
  }
  return rows;
}

/** Return the children of every node, in their order. */
function childIndexes(nodes: readonly PayloadNode[]): number[][] {
  const children = nodes.map((): number[] => []);
  nodes.forEach(({ parent }, index) => children[parent]?.push(index));
  return children;
}
