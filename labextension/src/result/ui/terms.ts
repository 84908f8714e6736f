/** Text whose terms are explained where the pointer rests on them. */

import { meaningOf, splitTerms } from '../glossary';
import { element } from './dom';
import { exactNodes } from './exactText';

/** Return the nodes of a text; terms of the glossary have their meaning as a tooltip. */
export function termNodes(text: string): (Node | string)[] {
  return splitTerms(text).flatMap((part, index) =>
    index % 2 ? [termNode(part)] : part ? exactNodes(part) : []
  );
}

function termNode(word: string): HTMLElement {
  const node = element('span', 'chm-term', word);
  node.title = meaningOf(word) ?? '';
  return node;
}
