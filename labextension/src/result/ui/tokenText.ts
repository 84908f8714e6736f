/**
 * The tokens of one answer as painted text, in blocks.
 *
 * A block is bare text until it comes near what is in sight; then each piece gets an element of its own.
 */

import type { Answer } from '../answer';
import { isSpecial } from '../tokens';
import { percent } from '../tokenFormat';
import type { TextRange } from '../renderedRange';
import { element, newId } from './dom';
import { appendToken } from './exactText';

/** Pieces after which a block ends with the next line break, and after which it ends anyway. */
const BLOCK = 200;
const LONGEST_BLOCK = 600;
/** Pixels around what is in sight within which blocks are drawn. */
const NEAR = 400;

interface PieceElement extends HTMLElement {
  piece?: number;
}

interface AlternativesBlock {
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
      rootMargin: `${NEAR}px`
    });
    this.blocks.forEach(block => this.observer.observe(block.node));
    window.addEventListener('beforeprint', this.paintAll);
    this.node.addEventListener('copy', event => this.onCopy(event));
    this.node.addEventListener('pointerover', event => this.onPointerOver(event));
  }

  /** Paint with new bins: what is in sight at once, the rest when it comes into sight. */
  paint(bins: Uint8Array): void {
    this.bins = bins;
    for (const block of this.blocks) {
      block.isPainted = false;
    }
    if (!this.node.isConnected) {
      this.paintBlock(this.blocks[0]);
      return;
    }
    const window = this.node.getBoundingClientRect();
    for (const block of this.blocks) {
      const { top, bottom } = block.node.getBoundingClientRect();
      if (bottom > window.top - NEAR && top < window.bottom + NEAR) {
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

  /** Mark a range of pieces, and one of them as where the cursor is. */
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

  /** Mark nothing. */
  clear(): void {
    for (const node of this.highlighted) {
      node.classList.remove('chm-selected', 'chm-current');
      node.removeAttribute('aria-selected');
    }
    this.highlighted = [];
    this.range = null;
    this.node.removeAttribute('aria-activedescendant');
  }

  /** Return the piece a line above or below another one, at about the same place across. */
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

  /** Return the pieces that the reader has marked as text, if any. */
  selectedByHand(): [number, number] | null {
    const selection = document.getSelection();
    if (!selection || selection.isCollapsed || !this.node.contains(selection.anchorNode)) {
      return null;
    }
    const ends = [this.pieceOf(selection.anchorNode), this.pieceOf(selection.focusNode)];
    const [from, to] = ends;
    return from === null || to === null ? null : [Math.min(from, to), Math.max(from, to)];
  }

  dispose(): void {
    window.removeEventListener('beforeprint', this.paintAll);
    this.observer.disconnect();
  }

  /** Cut the pieces into blocks: elements of their own between line breaks, else runs of text. */
  private build(): void {
    const { pieces } = this.answer;
    let first = 0;
    let isBegun = true;
    pieces.forEach((piece, place) => {
      const count = place + 1 - first;
      const isEnded = piece.text.endsWith('\n') || place + 1 === pieces.length;
      if ((isEnded && count >= BLOCK) || count >= LONGEST_BLOCK || place + 1 === pieces.length) {
        this.addBlock(first, place, isBegun && isEnded);
        first = place + 1;
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

  /** Return a piece's element, which is made when it is first asked for. */
  private elementOf(piece: number): PieceElement {
    if (!this.elements[piece]) {
      const block = this.blocks.find(({ last }) => piece <= last);
      if (block) {
        this.paintBlock(block);
      }
    }
    return this.elements[piece];
  }

  private drawBlock(block: AlternativesBlock): void {
    const nodes: (Node | string)[] = [];
    for (let place = block.first; place <= block.last; place += 1) {
      const piece = this.answer.pieces[place];
      const node: PieceElement = element('i', 'chm-token');
      node.piece = place;
      if (piece.end - piece.start > 1) {
        node.dataset.parts = '|'.repeat(piece.end - piece.start);
      }
      const [before, own] = splitSpaces(piece.text);
      appendToken(node, own);
      nodes.push(...(before ? [before] : []), node);
      this.elements[place] = node;
    }
    block.node.replaceChildren(...nodes);
    block.isDrawn = true;
  }

  private onSeen(entries: IntersectionObserverEntry[]): void {
    for (const entry of entries) {
      const block = this.blocks.find(each => each.node === entry.target);
      if (entry.isIntersecting && block && !block.isPainted) {
        this.paintBlock(block);
      }
    }
  }

  private paintBlock(block: AlternativesBlock): void {
    if (!block.isDrawn) {
      this.drawBlock(block);
    }
    for (let piece = block.first; piece <= block.last; piece += 1) {
      const { classList } = this.elements[piece];
      const kept = ['chm-selected', 'chm-current'].filter(name => classList.contains(name));
      this.elements[piece].className = [...this.classesOf(piece), ...kept].join(' ');
    }
    block.isPainted = true;
  }

  private classesOf(piece: number): string[] {
    const { start, text, offset } = this.answer.pieces[piece];
    const isHatched = this.answer.tokens[start].status === 'masked' || this.answer.isForced(start);
    return [
      'chm-token',
      `chm-bin${this.bins[piece]}`,
      ...(isHatched ? ['chm-hatched'] : []),
      ...(isSpecial(text) ? ['chm-special'] : []),
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

  /** What is copied is the text, without what only the page shows. */
  private onCopy(event: ClipboardEvent): void {
    const selection = document.getSelection();
    const range = selection?.rangeCount ? selection.getRangeAt(0) : null;
    if (range && !range.collapsed && !this.node.contains(range.commonAncestorContainer)) {
      return;
    }
    const isMarked = range && !range.collapsed;
    const text = isMarked ? (range.cloneContents().textContent ?? '') : this.selectedText();
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
    if (piece !== null && !this.elements[piece].title) {
      const { prob, start } = this.answer.pieces[piece];
      this.elements[piece].title =
        prob === null ? `probability ${this.answer.tokens[start].status}` : percent(prob);
    }
  }

  private readonly paintAll = (): void => {
    this.blocks.filter(block => !block.isPainted).forEach(block => this.paintBlock(block));
  };

  readonly node: HTMLElement;
  private bins: Uint8Array;
  private readonly blocks: AlternativesBlock[] = [];
  private readonly elements: PieceElement[] = [];
  private highlighted: HTMLElement[] = [];
  private range: [number, number] | null = null;
  private readonly observer: IntersectionObserver;
}

/** Part the spaces before a word from it: they are not painted. */
function splitSpaces(text: string): [string, string] {
  const own = text.trimStart();
  const before = text.slice(0, text.length - own.length);
  return own && /^ +$/.test(before) ? [before, own] : ['', text];
}
