/** The tree of what the answers share, as rows of which some are folded away. */

import type { PayloadNode } from './payload';

export interface TreeRow {
  /** Place of its node. */
  node: number;
  /** 1 for the root. */
  level: number;
  isLeaf: boolean;
  /** Its place among those with the same parent, from 1, and how many they are. */
  position: number;
  size: number;
}

/** Return the rows in reading order, without what lies below a closed node. */
export function visibleRows(nodes: readonly PayloadNode[], closed: ReadonlySet<number>): TreeRow[] {
  const children = childIndexes(nodes);
  const rows: TreeRow[] = [];
  const open: [node: number, level: number, position: number, size: number][] = [];
  if (nodes.length) {
    open.push([0, 1, 1, 1]);
  }
  for (let next = open.pop(); next; next = open.pop()) {
    const [node, level, position, size] = next;
    const own = children[node];
    rows.push({ node, level, isLeaf: own.length === 0, position, size });
    if (!closed.has(node)) {
      for (let place = own.length - 1; place >= 0; place -= 1) {
        open.push([own[place], level + 1, place + 1, own.length]);
      }
    }
  }
  return rows;
}

/** Return the children of every node, in their order. */
function childIndexes(nodes: readonly PayloadNode[]): number[][] {
  const children = nodes.map((): number[] => []);
  nodes.forEach(({ parent }, place) => children[parent]?.push(place));
  return children;
}
