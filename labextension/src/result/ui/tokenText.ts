/** The tokens of one answer as painted text: blocks of elements, one for each piece. */

import type { Answer } from '../answer';
import { UNKNOWN } from '../paint';
import { percent } from '../format';
import { element, newId } from './dom';
import { appendExact } from './exact';

/** Pieces after which a block ends with the next line break. */
const BLOCK = 200;

interface PieceElement extends HTMLElement {
  piece?: number;
}

interface Block {
  node: HTMLElement;
  first: number;
  last: number;
  isPainted: boolean;
}

export class TokenText {
  constructor(
    readonly answer: Answer,
    label: string
  ) {
    this.node = element('div', 'chm-tokens');
    this.node.setAttribute('role', 'listbox');
    this.node.setAttribute('aria-label', label);
    this.node.setAttribute('aria-multiselectable', 'true');
    this.node.tabIndex = -1;
    this.bins = new Uint8Array(answer.pieces.length);
    this.build();
    this.observer = new IntersectionObserver(entries => this.onSeen(entries), { rootMargin: '300px' });
    this.blocks.forEach(block => this.observer.observe(block.node));
    this.node.addEventListener('copy', event => this.onCopy(event));
    this.node.addEventListener('pointerover', event => this.onPointerOver(event));
  }

  /** Paint with new bins: what is in sight at once, the rest when it comes into sight. */
  paint(bins: Uint8Array): void {
    this.bins = bins;
    for (const block of this.blocks) {
      block.isPainted = false;
    }
    const { innerHeight } = window;
    for (const block of this.blocks) {
      const { top, bottom } = block.node.getBoundingClientRect();
      if (bottom > -300 && top < innerHeight + 300) {
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
      node = node.parentNode;
    }
    return null;
  }

  /** Mark a range of pieces, and one of them as where the cursor is. */
  select(first: number, last: number, cursor: number, scroll: boolean): void {
    this.clear();
    for (let piece = first; piece <= last; piece += 1) {
      const node = this.elements[piece];
      node.classList.add('chm-selected');
      this.marked.push(node);
    }
    const current = this.elements[cursor];
    current.classList.add('chm-current');
    current.id ||= newId();
    current.setAttribute('role', 'option');
    current.setAttribute('aria-selected', 'true');
    this.node.setAttribute('aria-activedescendant', current.id);
    this.marked.push(current);
    if (scroll) {
      current.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    }
  }

  /** Mark nothing. */
  clear(): void {
    for (const node of this.marked) {
      node.classList.remove('chm-selected', 'chm-current');
      node.removeAttribute('aria-selected');
    }
    this.marked = [];
    this.node.removeAttribute('aria-activedescendant');
  }

  /** Return the piece a line above or below another one, at about the same place across. */
  onNextLine(piece: number, direction: 1 | -1): number {
    const from = this.elements[piece].getBoundingClientRect();
    let best = piece;
    let distance = Infinity;
    let line: number | null = null;
    for (let next = piece + direction; this.elements[next]; next += direction) {
      const rect = this.elements[next].getBoundingClientRect();
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
    this.observer.disconnect();
  }

  private build(): void {
    const { pieces } = this.answer;
    let block: Block | null = null;
    pieces.forEach((piece, place) => {
      block ??= this.openBlock(place);
      const node: PieceElement = element('i', 'chm-t');
      node.piece = place;
      if (piece.end - piece.start > 1) {
        node.dataset.parts = '|'.repeat(piece.end - piece.start);
      }
      appendExact(node, piece.text, /[\n\t]|^ +$/.test(piece.text));
      block.node.append(node);
      block.last = place;
      this.elements.push(node);
      if (place - block.first >= BLOCK && piece.text.endsWith('\n')) {
        block = null;
      }
    });
  }

  private openBlock(first: number): Block {
    const node = element('div', 'chm-block');
    const block = { node, first, last: first, isPainted: false };
    this.blocks.push(block);
    this.node.append(node);
    return block;
  }

  private onSeen(entries: IntersectionObserverEntry[]): void {
    for (const entry of entries) {
      const block = this.blocks.find(each => each.node === entry.target);
      if (entry.isIntersecting && block && !block.isPainted) {
        this.paintBlock(block);
      }
    }
  }

  private paintBlock(block: Block): void {
    for (let piece = block.first; piece <= block.last; piece += 1) {
      const { classList } = this.elements[piece];
      const bin = this.bins[piece];
      const status = bin === UNKNOWN ? this.answer.tokens[this.answer.pieces[piece].start].status : 'ok';
      const kept = Array.from(classList).filter(name => name === 'chm-selected' || name === 'chm-current');
      const hatched = status === 'masked' ? ['chm-masked'] : [];
      this.elements[piece].className = ['chm-t', `chm-bin${bin}`, ...hatched, ...kept].join(' ');
    }
    block.isPainted = true;
  }

  /** What is copied is the text, without what only the page shows. */
  private onCopy(event: ClipboardEvent): void {
    const selection = document.getSelection();
    const text =
      selection && !selection.isCollapsed
        ? Array.from({ length: selection.rangeCount }, (_, n) => selection.getRangeAt(n))
            .map(range => range.cloneContents().textContent ?? '')
            .join('')
        : this.marked.length
          ? this.selectedText()
          : '';
    if (text && event.clipboardData) {
      event.clipboardData.setData('text/plain', text);
      event.preventDefault();
      event.stopPropagation();
    }
  }

  private selectedText(): string {
    return this.elements
      .filter(node => node.classList.contains('chm-selected'))
      .map(node => node.textContent ?? '')
      .join('');
  }

  private onPointerOver(event: PointerEvent): void {
    const piece = this.pieceOf(event.target);
    if (piece !== null && !this.elements[piece].title) {
      const { prob, start } = this.answer.pieces[piece];
      this.elements[piece].title =
        prob === null ? `probability ${this.answer.tokens[start].status}` : percent(prob);
    }
  }

  readonly node: HTMLElement;
  private bins: Uint8Array;
  private readonly blocks: Block[] = [];
  private readonly elements: PieceElement[] = [];
  private marked: HTMLElement[] = [];
  private readonly observer: IntersectionObserver;
}
