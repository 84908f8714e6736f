/** What the tests of the views share. */

import { Blob } from 'node:buffer';
import { vi } from 'vitest';
import type { MarkdownOptions } from '../../../src/result/ui/markdownView';

/** Without a parser, a text is shown as it is. */
export const MARKDOWN_OPTIONS: MarkdownOptions = {
  markdownParser: null,
  sanitizer: { sanitize: (html: string) => html },
  latexTypesetter: null
};

class Observer {
  observe(): void {}
  disconnect(): void {}
}

/** Provide what browsers have and jsdom lacks, and an empty page. */
export function usePage(): void {
  vi.stubGlobal('Blob', Blob);
  vi.stubGlobal('ResizeObserver', Observer);
  vi.stubGlobal('IntersectionObserver', Observer);
  Element.prototype.scrollIntoView = () => {};
  document.body.replaceChildren();
}

/** Return the texts of the elements that match a selector. */
export function texts(node: ParentNode, selector: string): (string | null)[] {
  return Array.from(node.querySelectorAll(selector), each => each.textContent);
}

/** Return the first element that matches a selector. */
export function find(node: ParentNode, selector: string): HTMLElement {
  const element = node.querySelector<HTMLElement>(selector);
  if (!element) {
    throw new Error(`there is no ${selector}`);
  }
  return element;
}

/** Press a key on an element. */
export function press(node: Element, key: string): boolean {
  return node.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
}
