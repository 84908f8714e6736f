/** The place where an answer parts from the others, in a line or two. */

import type { ComparedAnswer } from '../../comparison';
import { element } from '../dom';
import { appendExact } from '../exactText';

/** UTF-16 units that are shown, and those of them that may be the same in all answers. */
const MOST = 220;
const BEFORE = 40;

/** Write the beginning of an answer; where that is the same in all, from shortly before it parts. */
export function excerpt({ text, start, end }: ComparedAnswer, className: string): HTMLElement {
  const from = start > 2 * BEFORE ? wordAfter(text, start - BEFORE) : 0;
  const node = element('span', className);
  part(node, 'chm-common', (from ? '…' : '') + text.slice(from, start));
  part(node, 'chm-divergence', text.slice(start, end).trimEnd());
  const rest = text.slice(Math.max(start, start + text.slice(start, end).trimEnd().length));
  part(node, '', rest.length > MOST ? `${rest.slice(0, MOST)}…` : rest);
  return node;
}

/** Add a stretch; spaces before a word stay out of its ring. */
function part(host: HTMLElement, className: string, text: string): void {
  const own = className === 'chm-divergence' ? text.trimStart() : text;
  host.append(text.slice(0, text.length - own.length));
  if (own) {
    const node = element('span', className);
    appendExact(node, own);
    host.append(node);
  }
}

function wordAfter(text: string, place: number): number {
  const space = text.indexOf(' ', place);
  return space < 0 || space > place + BEFORE / 2 ? place : space + 1;
}
