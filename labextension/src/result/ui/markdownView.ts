/** An answer as rendered Markdown: the one place where HTML becomes elements, safely. */

import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { percent } from '../tokenFormat';
import { guardMarkdown, restoreGuarded, restoreText } from '../markdownGuard';
import { itemAt } from '../indexing';
import { renderedRange, type TextRange } from '../renderedRange';
import { isUnsure, underlineBelow, type Piece } from '../tokens';
import { binOf, heatmapMetric } from '../heatmap';
import { bits } from '../tokenMetrics';
import { button, copy, element, selectionAt } from './dom';
import { exactNodes } from './exactText';
import { keepLineBreaks } from './lineBreaks';

export type MarkdownOptions = Pick<
  IRenderMime.IRendererOptions,
  'markdownParser' | 'sanitizer' | 'latexTypesetter'
>;

const KEPT_TAGS = new Set(
  'P UL OL LI H1 H2 H3 H4 H5 H6 TABLE THEAD TBODY TR TH TD A CODE PRE SPAN EM STRONG DEL S BLOCKQUOTE HR BR SUP SUB DIV'.split(
    ' '
  )
);
const LINK = /^(?:https?:\/\/|mailto:)/i;

/** An answer and what is marked in it. */
export interface MarkedText {
  text: string;
  /** What precedes it, which the model did not write: one text in Markdown with it. */
  prefill: string;
  pieces: readonly Piece[];
  /** The token at which it diverges from other answers, in UTF-16 units of its text. */
  divergence: TextRange | null;
}

/**
 * Render Markdown into an element, with unsure words underlined, before formulas are typeset.
 *
 * The prefill is dimmed, and so is the text before a divergence; the token itself is outlined.
 */
export async function renderMarkdown(
  host: HTMLElement,
  marked: MarkedText,
  options: MarkdownOptions,
  onPick: (piece: number) => void
): Promise<void> {
  const source = marked.prefill + marked.text;
  const { text, formulas } = guardMarkdown(source);
  const html = await options.markdownParser?.render(text);
  if (html === undefined) {
    host.replaceChildren(element('pre', 'chm-raw', source));
    mark(host, marked, onPick, false);
    return;
  }
  const template = document.createElement('template');
  template.innerHTML = options.sanitizer.sanitize(html);
  keepLineBreaks(template.content);
  keepSafeElements(template.content, formulas);
  const math = putBack(template.content, formulas);
  template.content.querySelectorAll('pre').forEach(addCopyButton);
  host.replaceChildren(document.adoptNode(template.content));
  mark(host, marked, onPick, true);
  math.forEach(node => void options.latexTypesetter?.typeset(node));
}

function mark(
  host: HTMLElement,
  { text, prefill, pieces, divergence }: MarkedText,
  onPick: (piece: number) => void,
  isUnderlined: boolean
): void {
  const source = prefill + text;
  const rendered = host.textContent;
  const range = { start: 0, end: prefill.length };
  const start = prefill ? renderedRange(source, rendered, range).end : 0;
  if (isUnderlined) {
    underlineUnsure(host, pieces, onPick, start);
  }
  if (start) {
    wrapBeginning(host, start, 'chm-prefill');
  }
  const shift = prefill.length;
  markDivergence(
    host,
    source,
    divergence && { start: divergence.start + shift, end: divergence.end + shift }
  );
}

/** Put the text up to an offset into elements of a class. */
function wrapBeginning(host: HTMLElement, end: number, className: string): void {
  let offset = 0;
  for (const node of textNodes(host)) {
    const rest = end - offset;
    offset += node.data.length;
    if (rest > 0 && /\S/.test(node.data) && !node.parentElement?.closest('.chm-math')) {
      const head = element('span', className, node.data.slice(0, rest));
      node.replaceWith(head, node.data.slice(rest));
    }
  }
}

/** Keep a few kinds of elements with few attributes; images become links, all else text. */
function keepSafeElements(root: DocumentFragment, formulas: readonly string[]): void {
  for (const node of Array.from(root.querySelectorAll('*'))) {
    if (node.classList.contains('jp-InternalAnchorLink')) {
      node.remove();
    } else if (node.tagName === 'IMG') {
      node.replaceWith(imageLink(node, formulas));
    } else if (node.tagName === 'INPUT') {
      node.replaceWith(node.hasAttribute('checked') ? '☑ ' : '☐ ');
    } else if (!KEPT_TAGS.has(node.tagName)) {
      node.replaceWith(...Array.from(node.childNodes));
    } else {
      keepSafeAttributes(node, formulas);
    }
  }
}

function keepSafeAttributes(node: Element, formulas: readonly string[]): void {
  const href = restoreText(node.getAttribute('href') ?? '', formulas);
  const align = /text-align:\s*(left|right|center)/.exec(node.getAttribute('style') ?? '')?.[1];
  const start = node.getAttribute('start');
  const isCode = node.closest('pre, code') !== null;
  for (const { name } of Array.from(node.attributes)) {
    if (!(isCode && name === 'class')) {
      node.removeAttribute(name);
    }
  }
  if (node.tagName === 'A') {
    if (LINK.test(href)) {
      pointTo(node as HTMLAnchorElement, href);
    } else {
      node.replaceWith(...Array.from(node.childNodes));
    }
  }
  if (align && /^T[HD]$/.test(node.tagName)) {
    (node as HTMLElement).style.textAlign = align;
  }
  if (node.tagName === 'OL' && start && /^\d{1,9}$/.test(start)) {
    node.setAttribute('start', start);
  }
}

function pointTo(link: HTMLAnchorElement, href: string): void {
  link.href = href;
  link.rel = 'noopener';
  link.target = '_blank';
}

function imageLink(image: Element, formulas: readonly string[]): Node {
  const source = restoreText(image.getAttribute('src') ?? '', formulas);
  const label = image.getAttribute('alt') || source;
  if (!LINK.test(source) || image.closest('a')) {
    return document.createTextNode(label);
  }
  const link = element('a', '', label);
  pointTo(link, source);
  return link;
}

/** Restore what was guarded; returns the elements that contain formulas. */
function putBack(root: DocumentFragment, formulas: readonly string[]): HTMLElement[] {
  const formulaNodes: HTMLElement[] = [];
  for (const node of textNodes(root)) {
    const isCode = node.parentElement?.closest('code, pre');
    const parts = restoreGuarded(node.data, formulas).flatMap(part => {
      if ('text' in part) {
        return exactNodes(part.text);
      }
      if (isCode) {
        return part.formula;
      }
      const formula = element('span', 'chm-math', part.formula);
      formulaNodes.push(formula);
      return formula;
    });
    node.replaceWith(...parts);
  }
  return formulaNodes;
}

function addCopyButton(block: HTMLPreElement): void {
  const text = block.textContent;
  const act = async (): Promise<void> => {
    node.textContent = (await copy(text)) ? 'Copied' : 'Not allowed';
    setTimeout(() => {
      node.textContent = 'Copy code';
    }, 1500);
  };
  const node = button('Copy code', 'Copy this block', () => void act(), 'chm-copy');
  const frame = element('div', 'chm-code');
  block.replaceWith(frame);
  frame.append(block, node);
}

/** Underline the unsure words in the rendered text from an offset on; a click selects the piece. */
function underlineUnsure(
  host: HTMLElement,
  pieces: readonly Piece[],
  onPick: (piece: number) => void,
  begin: number
): void {
  const nodes = textNodes(host);
  const text = nodes.map(node => node.data).join('');
  const marks = findUnsureWords(text, pieces, begin);
  let offset = 0;
  let next = 0;
  for (const node of nodes) {
    const end = offset + node.data.length;
    let rest = node;
    let done = offset;
    for (let mark = marks[next]; mark && mark.start < end; mark = marks[(next += 1)]) {
      const { start, end: stop, piece } = mark;
      if (start >= done && stop <= end && !node.parentElement?.closest('.chm-math')) {
        const word = rest.splitText(start - done);
        rest = word.splitText(stop - start);
        word.replaceWith(unsureMark(word, itemAt(pieces, piece), piece, onPick));
        done = stop;
      }
    }
    offset = end;
  }
}

function unsureMark(
  text: Text,
  piece: Piece,
  index: number,
  onPick: (piece: number) => void
): Node {
  const bin = binOf(heatmapMetric('probability'), bits(Math.log(piece.prob ?? 1)));
  const mark = element('span', `chm-unsure chm-unsure${bin}`, text.data);
  mark.title = percent(piece.prob ?? 1);
  mark.addEventListener('click', () => {
    if (selectionAt(mark)?.isCollapsed) {
      onPick(index);
    }
  });
  return mark;
}

interface Mark {
  start: number;
  end: number;
  piece: number;
}

/** How far the rendered text may be ahead of the tokens: links and tables lose characters. */
const REACH = 120;

/** Find the words of the unsure pieces in the rendered text, in order, from an offset on. */
function findUnsureWords(text: string, pieces: readonly Piece[], begin: number): Mark[] {
  const marks: Mark[] = [];
  const below = underlineBelow(pieces);
  let index = begin;
  pieces.forEach((each, piece) => {
    const word = /[\p{L}\p{N}](?:.*[\p{L}\p{N}])?/u.exec(each.text)?.[0];
    if (!word) {
      return;
    }
    const start = text.slice(index, index + REACH + word.length).indexOf(word) + index;
    if (start < index) {
      return;
    }
    if (isUnsure(each, below)) {
      marks.push({ start, end: start + word.length, piece });
    }
    index = start + word.length;
  });
  return marks;
}

/** Dim the text before a range of the source, and outline the range. */
export function markDivergence(
  host: HTMLElement,
  source: string,
  divergence: TextRange | null
): void {
  if (!divergence) {
    return;
  }
  const nodes = textNodes(host);
  const text = nodes.map(node => node.data).join('');
  const index = renderedRange(source, text, divergence);
  let offset = 0;
  for (const node of nodes) {
    const formula = node.parentElement?.closest('.chm-math');
    if (formula) {
      formula.classList.toggle('chm-common', offset + node.data.length <= index.start);
    } else if (/\S/.test(node.data) && offset < Math.max(index.start, index.end)) {
      splitAtDivergence(node, index.start - offset, index.end - offset);
    }
    offset += node.data.length;
  }
  if (divergence.start === divergence.end) {
    (host.lastElementChild ?? host).append(endMark());
  }
  host.querySelector('.chm-divergence')?.classList.add('chm-diff-target');
}

/** Dim a text up to one offset, and outline it up to another. */
function splitAtDivergence(node: Text, start: number, end: number): void {
  const { data } = node;
  const inside = (offset: number): number => Math.max(0, Math.min(data.length, offset));
  const [from, to] = [inside(start), inside(end)];
  const common = from > 0 ? element('span', 'chm-common', data.slice(0, from)) : '';
  const divergence = to > from ? element('span', 'chm-divergence', data.slice(from, to)) : '';
  node.replaceWith(common, divergence, data.slice(to));
}

/** Make a mark for where a text ends while others continue. */
function endMark(): HTMLElement {
  const node = element('span', 'chm-divergence chm-ending');
  node.setAttribute('role', 'img');
  node.setAttribute('aria-label', 'this answer ends here');
  node.title = 'this answer ends here';
  return node;
}

function textNodes(root: Node): Text[] {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const nodes: Text[] = [];
  while (walker.nextNode()) {
    nodes.push(walker.currentNode as Text);
  }
  return nodes;
}
