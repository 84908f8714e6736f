/** The text around an answer's first difference, in a line or two. */

import type { ComparedAnswer } from '../../comparison';
import { element } from '../dom';
import { appendExact } from '../exactText';

/** UTF-16 units that are shown, and those that may precede the difference. */
const MAX_LENGTH = 220;
const CONTEXT = 40;

/** Draw the beginning of an answer, or the text from shortly before a late difference on. */
export function excerpt({ text, start, end }: ComparedAnswer, className: string): HTMLElement {
  const from = start > 2 * CONTEXT ? wordAfter(text, start - CONTEXT) : 0;
  const node = element('span', className);
  part(node, 'chm-common', (from ? '…' : '') + text.slice(from, start));
  part(node, 'chm-divergence', text.slice(start, end).trimEnd());
  const rest = text.slice(Math.max(start, start + text.slice(start, end).trimEnd().length));
  part(node, '', rest.length > MAX_LENGTH ? `${rest.slice(0, MAX_LENGTH)}…` : rest);
  return node;
}

/** Append a part; spaces before a word are not outlined. */
function part(host: HTMLElement, className: string, text: string): void {
  const marked = className === 'chm-divergence' ? text.trimStart() : text;
  host.append(text.slice(0, text.length - marked.length));
  if (marked) {
    const node = element('span', className);
    appendExact(node, marked);
    host.append(node);
  }
}

function wordAfter(text: string, index: number): number {
  const space = text.indexOf(' ', index);
  return space < 0 || space > index + CONTEXT / 2 ? index : space + 1;
}
