/** What the widgets' renderer writes in the place of a widget that it does not have. */

const DEAD = 'Error displaying widget';
const WAITING = 'Loading widget...';

/** Whether a node holds nothing but text that begins so. */
function begins(node: Element, words: string): boolean {
  return node.children.length === 0 && (node.textContent ?? '').startsWith(words);
}

/** Whether the widget of this output is not to be had. */
export function isDead(node: Element): boolean {
  return begins(node, DEAD);
}

/** Whether the widget of this output is still waited for. */
export function isWaiting(node: Element): boolean {
  return begins(node, WAITING);
}
