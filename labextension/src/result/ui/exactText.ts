/** Text whose invisible characters show as chips; copying it gives the text itself. */

import { codePoint, splitHidden } from '../tokenFormat';
import { element } from './dom';

/** Append a text whose control characters show. */
export function appendExact(host: HTMLElement, text: string): void {
  host.append(...exactNodes(text));
}

/** Append a token's text: line breaks, tabs and characters that only take up room show too. */
export function appendToken(host: HTMLElement, text: string): void {
  if (/^[ -~]*$/.test(text)) {
    host.append(text);
    return;
  }
  splitHidden(text).forEach((part, index) => {
    host.append(...(index % 2 ? [glyphChip(part)] : part.split(/([\n\t])/).map(visibleBlank)));
  });
}

/** Return the nodes of a text whose control characters show. */
export function exactNodes(text: string): (Node | string)[] {
  if (/^[\n\t -~]*$/.test(text)) {
    return [text];
  }
  return splitHidden(text, false).map((part, index) => (index % 2 ? glyphChip(part) : part));
}

/** Words of right-to-left scripts. */
const RTL_SCRIPTS = '[\\p{sc=Arab}\\p{sc=Hebr}\\p{sc=Syrc}\\p{sc=Thaa}\\p{sc=Nkoo}\\p{M}]+';
const RTL_WORDS = new RegExp(`(${RTL_SCRIPTS}(?: ${RTL_SCRIPTS})*)`, 'u');

/** Return the nodes of a sentence whose numbers stay in order beside words of any script. */
export function sentenceNodes(text: string): (Node | string)[] {
  return text
    .split(RTL_WORDS)
    .flatMap((part, index) => (index % 2 ? [exactText('bdi', '', part)] : exactNodes(part)));
}

/** Make an element with an exact text. */
export function exactText<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className: string,
  text: string
): HTMLElementTagNameMap[K] {
  const node = element(tag, className);
  appendExact(node, text);
  return node;
}

function glyphChip(character: string): HTMLElement {
  const node = element('span', 'chm-chip', element('span', 'chm-hidden', character));
  node.dataset.glyph = codePoint(character);
  return node;
}

function visibleBlank(part: string): Node | string {
  if (part !== '\n' && part !== '\t') {
    return part;
  }
  return element('span', part === '\n' ? 'chm-newline' : 'chm-tab', part);
}
