/** Text whose invisible characters show as chips, while what is copied is the text itself. */

import { codePoint, splitHidden } from '../format';
import { element } from './dom';

/** Append a text to an element; line breaks and tabs get marks that CSS draws where asked for. */
export function appendExact(host: HTMLElement, text: string, marksBreaks = false): void {
  if (!marksBreaks && isPlain(text)) {
    host.append(text);
    return;
  }
  splitHidden(text).forEach((part, place) => {
    if (place % 2) {
      host.append(chip(part));
    } else if (marksBreaks) {
      host.append(...part.split(/([\n\t])/).map(marked));
    } else {
      host.append(part);
    }
  });
}

/** Make an element with an exact text. */
export function exact<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className: string,
  text: string
): HTMLElementTagNameMap[K] {
  const node = element(tag, className);
  appendExact(node, text);
  return node;
}

function isPlain(text: string): boolean {
  return /^[\n\t\x20-\x7e]*$/.test(text);
}

function chip(character: string): HTMLElement {
  const node = element('span', 'chm-chip', element('span', 'chm-hidden', character));
  node.dataset.glyph = codePoint(character);
  return node;
}

function marked(part: string): Node | string {
  if (part !== '\n' && part !== '\t') {
    return part;
  }
  return element('span', part === '\n' ? 'chm-newline' : 'chm-tab', part);
}
