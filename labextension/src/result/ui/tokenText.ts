/**
 * The tokens of one answer as painted text, in blocks.
 *
 * A block is plain text until it is nearly visible; then each piece gets an element.
 */

import type { Answer } from '../answer';
import { itemAt } from '../indexing';
import { isSpecial } from '../tokens';
import { percent } from '../tokenFormat';
import type { TextRange } from '../renderedRange';
import { element, newId, selectionAt } from './dom';
import { appendToken, exactText } from './exactText';
import type { PieceMark } from './whatIfPaint';

/** Pieces after which a block ends at the next line break, and after which it ends in any case. */
const BLOCK_PIECES = 200;
const MAX_BLOCK_PIECES = 600;
/** Pixels around the visible part within which blocks are drawn. */
const DRAWN_MARGIN = 400;

interface PieceElement extends HTMLElement {
  piece?: number;
}

interface TokenBlock {
  node: HTMLElement;
  first: number;
  last: number;
  isDrawn: boolean;
  isPainted: boolean;
}

export class TokenText {
  constructor(
    readonly answer: Answer,
    label: string,
    private readonly divergence: TextRange | null = null
  ) {
    this.node = element('div', 'chm-tokens');
    this.node.setAttribute('role', 'listbox');
    this.node.setAttribute('aria-label', label);
    this.node.setAttribute('aria-multiselectable', 'true');
    this.node.tabIndex = -1;
    this.bins = new Uint8Array(answer.pieces.length);
    this.build();
    this.observer = new IntersectionObserver(entries => this.onSeen(entries), {
      root: this.node,
      rootMargin: `${DRAWN_MARGIN}px`
    });
    this.blocks.forEach(block => this.observer.observe(block.node));
    window.addEventListener('beforeprint', this.paintAll);
    this.node.addEventListener('copy', event => this.onCopy(event));
    this.node.addEventListener('pointerover', event => this.onPointerOver(event));
  }

  /** Paint with new bins: the visible blocks at once, the others when they become visible. */
  paint(bins: Uint8Array, marks: readonly (PieceMark | null)[] | null = null): void {
    this.bins = bins;
    this.marks = marks;
    this.elements.forEach(node => node.removeAttribute('title'));
    for (const block of this.blocks) {
      block.isPainted = false;
    }
    if (!this.node.isConnected) {
      this.blocks.slice(0, 1).forEach(block => this.paintBlock(block));
      return;
    }
    const window = this.node.getBoundingClientRect();
    for (const block of this.blocks) {
      const { top, bottom } = block.node.getBoundingClientRect();
      if (bottom > window.top - DRAWN_MARGIN && top < window.bottom + DRAWN_MARGIN) {
        this.paintBlock(block);
      }
    }
  }

  /** Return the piece that a node of the page belongs to. */
  pieceOf(target: EventTarget | null): number | null {
    let node = target as Node | null;
    while (node && node !== this.node) {
      const { piece } = node as PieceElement;
      if (piece !== undefined) {
        return piece;
      }
      const isSpace = node.nodeType === Node.TEXT_NODE && node.parentNode?.parentNode === this.node;
      node = isSpace ? node.nextSibling : node.parentNode;
    }
    return null;
  }

  /** Select a range of pieces, with the cursor on one of them. */
  select(first: number, last: number, cursor: number, scroll: boolean): void {
    this.clear();
    this.range = [first, last];
    for (let piece = first; piece <= last; piece += 1) {
      const node = this.elementOf(piece);
      node.classList.add('chm-selected');
      this.highlighted.push(node);
    }
    const current = this.elementOf(cursor);
    current.classList.add('chm-current');
    current.id ||= newId();
    current.setAttribute('role', 'option');
    current.setAttribute('aria-selected', 'true');
    this.node.setAttribute('aria-activedescendant', current.id);
    this.highlighted.push(current);
    if (scroll) {
      current.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    }
  }

  /** Select nothing. */
  clear(): void {
    for (const node of this.highlighted) {
      node.classList.remove('chm-selected', 'chm-current');
      node.removeAttribute('aria-selected');
    }
    this.highlighted = [];
    this.range = null;
    this.node.removeAttribute('aria-activedescendant');
  }

  /** Return the piece on the line above or below, at about the same horizontal position. */
  onNextLine(piece: number, direction: 1 | -1): number {
    const from = this.elementOf(piece).getBoundingClientRect();
    let best = piece;
    let distance = Infinity;
    let line: number | null = null;
    for (let next = piece + direction; this.answer.pieces[next]; next += direction) {
      const rect = this.elementOf(next).getBoundingClientRect();
      if (Math.abs(rect.top - from.top) < from.height / 2) {
        continue;
      }
      line ??= rect.top;
      if (Math.abs(rect.top - line) > from.height / 2) {
        break;
      }
      const apart = Math.abs(rect.left - from.left);
      if (apart < distance) {
        [best, distance] = [next, apart];
      }
    }
    return best;
  }

  /** Return the pieces that the user selected as text, if any. */
  selectedByHand(): [number, number] | null {
    const selection = selectionAt(this.node);
    if (!selection || selection.isCollapsed || !this.node.contains(selection.anchorNode)) {
      return null;
    }
    const from = this.pieceOf(selection.anchorNode);
    const to = this.pieceOf(selection.focusNode);
    return from === null || to === null ? null : [Math.min(from, to), Math.max(from, to)];
  }

  dispose(): void {
    window.removeEventListener('beforeprint', this.paintAll);
    this.observer.disconnect();
  }

  /** Cut the pieces into blocks: block elements between line breaks, else inline ones. */
  private build(): void {
    const { pieces } = this.answer;
    const { prefill } = this.answer.result;
    if (prefill) {
      this.node.append(exactText('span', 'chm-prefill', prefill));
    }
    let first = 0;
    let isBegun = !prefill;
    pieces.forEach((piece, index) => {
      const count = index + 1 - first;
      const isEnded = piece.text.endsWith('\n') || index + 1 === pieces.length;
      if (
        (isEnded && count >= BLOCK_PIECES) ||
        count >= MAX_BLOCK_PIECES ||
        index + 1 === pieces.length
      ) {
        this.addBlock(first, index, isBegun && isEnded);
        first = index + 1;
        isBegun = isEnded;
      }
    });
  }

  private addBlock(first: number, last: number, isApart: boolean): void {
    const node = element(isApart ? 'div' : 'span', isApart ? 'chm-token-block' : 'chm-token-run');
    node.textContent = this.textOf(first, last);
    this.blocks.push({ node, first, last, isDrawn: false, isPainted: false });
    this.node.append(node);
  }

  private textOf(first: number, last: number): string {
    return this.answer.pieces
      .slice(first, last + 1)
      .map(piece => piece.text)
      .join('');
  }

  /** Return a piece's element, which is made on first use. */
  private elementOf(piece: number): PieceElement {
    if (!this.elements[piece]) {
      const block = this.blocks.find(({ last }) => piece <= last);
      if (block) {
        this.paintBlock(block);
      }
    }
    return itemAt(this.elements, piece);
  }

  private drawBlock(block: TokenBlock): void {
    const nodes: (Node | string)[] = [];
    for (let index = block.first; index <= block.last; index += 1) {
      const piece = this.answer.piece(index);
      const node: PieceElement = element('i', 'chm-token');
      node.piece = index;
      if (piece.end - piece.start > 1) {
        node.dataset.parts = '|'.repeat(piece.end - piece.start);
      }
      const [spaces, word] = splitSpaces(piece.text);
      appendToken(node, word);
      nodes.push(...(spaces ? [spaces] : []), node);
      this.elements[index] = node;
    }
    block.node.replaceChildren(...nodes);
    block.isDrawn = true;
  }

  private onSeen(entries: IntersectionObserverEntry[]): void {
    for (const entry of entries) {
      const block = this.blocks.find(({ node }) => node === entry.target);
      if (entry.isIntersecting && block && !block.isPainted) {
        this.paintBlock(block);
      }
    }
  }

  private paintBlock(block: TokenBlock): void {
    if (!block.isDrawn) {
      this.drawBlock(block);
    }
    for (let piece = block.first; piece <= block.last; piece += 1) {
      const node = itemAt(this.elements, piece);
      const kept = ['chm-selected', 'chm-current'].filter(name => node.classList.contains(name));
      node.className = [...this.classesOf(piece), ...kept].join(' ');
    }
    block.isPainted = true;
  }

  private classesOf(piece: number): string[] {
    const { start, text, offset } = this.answer.piece(piece);
    const isHatched = this.answer.token(start).status === 'masked' || this.answer.isForced(start);
    return [
      'chm-token',
      `chm-bin${this.bins[piece]}`,
      ...(isHatched ? ['chm-hatched'] : []),
      ...(isSpecial(text) ? ['chm-special'] : []),
      ...(this.marks?.[piece]?.className ? [this.marks[piece].className] : []),
      ...this.divergenceClasses(offset, offset + text.length)
    ];
  }

  private divergenceClasses(start: number, end: number): string[] {
    const { divergence } = this;
    if (!divergence || start >= Math.max(divergence.end, divergence.start)) {
      return [];
    }
    return [end <= divergence.start ? 'chm-common' : 'chm-divergence'];
  }

  /** Copy the text alone, without what only the page shows. */
  private onCopy(event: ClipboardEvent): void {
    const selection = selectionAt(this.node);
    const range = selection?.rangeCount ? selection.getRangeAt(0) : null;
    if (range && !range.collapsed && !this.node.contains(range.commonAncestorContainer)) {
      return;
    }
    const isMarked = range && !range.collapsed;
    const text = isMarked ? range.cloneContents().textContent : this.selectedText();
    if (text && event.clipboardData) {
      event.clipboardData.setData('text/plain', text);
      event.preventDefault();
      event.stopPropagation();
    }
  }

  private selectedText(): string {
    const [first, last] = this.range ?? [0, -1];
    return this.textOf(first, last);
  }

  private onPointerOver(event: PointerEvent): void {
    const piece = this.pieceOf(event.target);
    const node = piece === null ? undefined : this.elements[piece];
    if (piece !== null && node && !node.title) {
      const { prob, start } = this.answer.piece(piece);
      const reported =
        prob === null ? `probability ${this.answer.token(start).status}` : percent(prob);
      node.title = this.marks?.[piece]?.title ?? reported;
    }
  }

  private readonly paintAll = (): void => {
    this.blocks.filter(block => !block.isPainted).forEach(block => this.paintBlock(block));
  };

  readonly node: HTMLElement;
  private bins: Uint8Array;
  private marks: readonly (PieceMark | null)[] | null = null;
  private readonly blocks: TokenBlock[] = [];
  private readonly elements: PieceElement[] = [];
  private highlighted: HTMLElement[] = [];
  private range: [number, number] | null = null;
  private readonly observer: IntersectionObserver;
}

/** Split the spaces before a word from it: they are not painted. */
function splitSpaces(text: string): [string, string] {
  const word = text.trimStart();
  const spaces = text.slice(0, text.length - word.length);
  return word && /^ +$/.test(spaces) ? [spaces, word] : ['', text];
}
