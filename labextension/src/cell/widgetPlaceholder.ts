/** What the widgets' renderer writes in the place of a widget that it does not have. */

const FAILED = 'Error displaying widget';
const LOADING = 'Loading widget...';

/** Whether a node holds nothing but text that begins so. */
function startsWithText(node: Element, words: string): boolean {
  return node.children.length === 0 && (node.textContent ?? '').startsWith(words);
}

/** Whether the widget of this output is not to be had. */
export function hasFailed(node: Element): boolean {
  return startsWithText(node, FAILED);
}

/** Whether the widget of this output is still waited for. */
export function isLoading(node: Element): boolean {
  return startsWithText(node, LOADING);
}
