/** The texts that ipywidgets shows in place of a widget that it cannot draw. */

const FAILED = 'Error displaying widget';
const LOADING = 'Loading widget...';

/** Tell whether a node contains only text with this beginning. */
function startsWithText(node: Element, text: string): boolean {
  return node.children.length === 0 && node.textContent.startsWith(text);
}

/** Tell whether the widget of this output is not available. */
export function hasFailed(node: Element): boolean {
  return startsWithText(node, FAILED);
}

/** Tell whether the widget of this output is still loading. */
export function isLoading(node: Element): boolean {
  return startsWithText(node, LOADING);
}
