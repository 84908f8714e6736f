/** A distribution's tree, and the cells that its nodes write. */

import { beginningCell } from './nextCell';
import { readColumn } from './payload';
import type { PayloadDistribution, PayloadDistributionNode } from './payloadTypes';

/** A node with those that follow it. */
export interface DistributionNode extends PayloadDistributionNode {
  /** The whole text of the answer so far, without a prefill. */
  whole: string;
  children: DistributionNode[];
}

/** Return the root of a distribution; null if it has no nodes. */
export function readTree({ nodes }: PayloadDistribution): DistributionNode | null {
  const read: DistributionNode[] = [];
  nodes.forEach(node => {
    const parent = read[node.parent];
    const made = { ...node, whole: (parent?.whole ?? '') + node.text, children: [] };
    parent?.children.push(made);
    read.push(made);
  });
  return read[0] ?? null;
}

/** Say what a node's text is, also where that is nothing or a blank. */
export function nodeWords({ text, ending }: PayloadDistributionNode): string {
  const words = text.replace(/\n/g, '⏎');
  switch (ending) {
    case 'end':
      return words || '(end)';
    case 'cut':
      return `${words}… (cut)`;
    default:
      return words.trim() ? words : '␣';
  }
}

/** Format a probability, 0 to 1, as a percentage. */
export function percentOf(prob: number): string {
  return `${prob >= 0.0995 ? (100 * prob).toFixed(0) : (100 * prob).toFixed(1)} %`;
}

/** Write the cell that continues from a node; or the reason why there is none. */
export function nodeCell(
  { cell, prefill }: PayloadDistribution,
  node: DistributionNode
): { cell: string } | { reason: string } {
  if (!cell) {
    return { reason: 'the request cannot be written as a cell' };
  }
  if (!node.is_text) {
    return { reason: 'this text ends inside a character' };
  }
  if (!node.whole) {
    return { reason: 'there is no text to continue from' };
  }
  const tokens = readColumn(node.tokens).filter(token => token !== null);
  return { cell: beginningCell(cell, prefill + node.whole, tokens.length ? tokens : null) };
}
