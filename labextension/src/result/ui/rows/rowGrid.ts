/** A table of rows of which only those in view are in the page; the keyboard moves in it. */

import { itemAt } from '../../indexing';
import { isSameWindow, rowWindow, type RowWindow } from '../../rowWindow';
import { cellAt, nextSort, textAt, type RowTable, type Sort } from '../../rowTable';
import { drawBar } from '../checksView';
import { element } from '../dom';
import { exactText } from '../exactText';
import { drawAnswerCell, drawChangedCell } from './rowCells';
import type { VariantPair } from './rowToolbar';

/** The height of a row, in pixels, as in style/rows.css. */
const ROW_HEIGHT = 46;
/** The height of the view until it is measured. */
const FIRST_HEIGHT = 480;
const PAGE_ROWS = 10;
/** Characters of the longest value of a column that needs little room. */
const SHORT = 16;

/** A cell by its place among the rows that are shown, and its column. */
export interface CellPlace {
  at: number;
  column: number;
}

export interface RowGridActions {
  /** Open the answer of a row in a variant. */
  onOpen: (row: number, variant: number, from: HTMLElement) => void;
  onSort: (sort: Sort | null) => void;
  /** Return the whole text of the answer of a row in a variant. */
  answerText: (row: number, variant: number) => string;
}

export class RowGrid {
  constructor(
    private readonly table: RowTable,
    private readonly actions: RowGridActions
  ) {
    this.headings = table.columns.map((_column, index) => this.heading(index));
    const head = element('tr', '', ...this.headings);
    const grid = element('table', 'chm-rows', element('thead', '', head), this.body);
    grid.setAttribute('role', 'grid');
    grid.setAttribute('aria-colcount', String(table.columns.length));
    this.grid = grid;
    this.node = element('div', 'chm-rows-frame', grid);
    this.node.addEventListener('scroll', () => this.draw());
    this.body.addEventListener('keydown', event => this.onKey(event));
    this.body.addEventListener('click', event => this.onClick(event));
    this.body.addEventListener('focusin', event => this.onFocus(event));
  }

  /** Show these rows, in this order. */
  show(rows: readonly number[], sort: Sort | null): void {
    this.rows = rows;
    this.sort = sort;
    const last = Math.max(0, rows.length - 1);
    this.focus = { at: Math.min(this.focus.at, last), column: this.focus.column };
    this.grid.setAttribute('aria-rowcount', String(rows.length + 1));
    this.headings.forEach((cell, index) => {
      const order = sort?.column !== index ? 'none' : sort.sign === 1 ? 'ascending' : 'descending';
      cell.setAttribute('aria-sort', order);
    });
    this.redraw();
  }

  /** Show what changes from one variant to another; null shows the answers. */
  compare(pair: VariantPair | null): void {
    this.pair = pair;
    this.redraw();
  }

  /** The variant of the cell that the keyboard is at; -1 for a column of the data. */
  get focusedVariant(): number {
    return itemAt(this.table.columns, this.focus.column).variant;
  }

  /** Draw anew what is in view. */
  redraw(): void {
    this.window = null;
    this.draw();
  }

  /** Draw the rows in view, if they are not drawn yet. */
  private draw(): void {
    const height = this.node.clientHeight || FIRST_HEIGHT;
    const wanted = rowWindow(this.node.scrollTop, height, ROW_HEIGHT, this.rows.length);
    if (isSameWindow(this.window, wanted)) {
      return;
    }
    const hadFocus = this.body.contains(document.activeElement);
    this.window = wanted;
    const shown = this.rows.slice(wanted.start, wanted.end);
    this.body.replaceChildren(
      this.gap(wanted.start),
      ...shown.map((row, index) => this.row(row, wanted.start + index)),
      this.gap(this.rows.length - wanted.end)
    );
    if (hadFocus) {
      this.focusedCell()?.focus({ preventScroll: true });
    }
  }

  /** Return what stands for rows that are not drawn. */
  private gap(count: number): HTMLElement {
    const gap = element('tr', 'chm-rows-gap');
    gap.setAttribute('aria-hidden', 'true');
    gap.style.height = `${count * ROW_HEIGHT}px`;
    return gap;
  }

  private row(row: number, at: number): HTMLElement {
    const cells = this.table.columns.map((_column, column) => this.cell(row, { at, column }));
    const node = element('tr', '', ...cells);
    node.setAttribute('aria-rowindex', String(at + 2));
    return node;
  }

  private cell(row: number, place: CellPlace): HTMLElement {
    const { kind, variant, isNumber } = itemAt(this.table.columns, place.column);
    const cell = element(kind === 'index' ? 'th' : 'td', `chm-rows-${kind}`);
    cell.append(...this.content(row, place.column, variant));
    cell.classList.toggle('chm-number', isNumber);
    cell.dataset.at = String(place.at);
    cell.dataset.column = String(place.column);
    const isFocus = place.at === this.focus.at && place.column === this.focus.column;
    cell.tabIndex = isFocus ? 0 : -1;
    return cell;
  }

  private content(row: number, column: number, variant: number): HTMLElement[] {
    if (variant < 0) {
      return [exactText('div', 'chm-cell-text', textAt(this.table, row, column))];
    }
    if (this.pair?.other === variant) {
      const { base } = this.pair;
      const [before, after] = [base, variant].map(each => this.actions.answerText(row, each));
      return drawChangedCell(before ?? '', after ?? '');
    }
    return drawAnswerCell(cellAt(this.table, row, variant));
  }

  /** Return the width of a column of short values; the others share what is left. */
  private width(index: number): string {
    const texts = this.table.titles.map((_title, row) => textAt(this.table, row, index));
    const longest = Math.max(
      itemAt(this.table.columns, index).title.length,
      ...texts.map(({ length }) => length)
    );
    return longest <= SHORT ? `calc(${longest + 1}ch + 16px)` : '';
  }

  private heading(index: number): HTMLElement {
    const { title, facts, bounds, kind } = itemAt(this.table.columns, index);
    const sort = exactText('button', 'chm-sort', title);
    sort.type = 'button';
    sort.title = `Sort by ${title}`;
    sort.addEventListener('click', () => this.actions.onSort(nextSort(this.sort, index)));
    const unbroken = facts.map(fact => fact.replaceAll(' %', '\u00a0%'));
    const lines = unbroken.map(fact => exactText('div', 'chm-rows-fact', fact));
    const bar = bounds ? drawBar(bounds) : null;
    const cell = element('th', `chm-rows-${kind}`, sort, ...lines, bar);
    cell.setAttribute('scope', 'col');
    if (kind === 'data') {
      cell.style.width = this.width(index);
    }
    return cell;
  }

  private onClick(event: MouseEvent): void {
    const place = placeOf(event.target);
    if (place) {
      this.move(place);
      this.open();
    }
  }

  /** Follow a focus that the keyboard of the grid did not move. */
  private onFocus(event: FocusEvent): void {
    const place = placeOf(event.target);
    if (place) {
      this.focusedCell()?.setAttribute('tabindex', '-1');
      this.focus = place;
      this.focusedCell()?.setAttribute('tabindex', '0');
    }
  }

  private onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    if (event.key === 'Enter') {
      this.open();
    } else {
      const next = this.nextPlace(event.key);
      if (!next) {
        return;
      }
      this.move(next);
    }
    event.preventDefault();
    event.stopPropagation();
  }

  private nextPlace(key: string): CellPlace | null {
    const { at, column } = this.focus;
    const last = this.table.columns.length - 1;
    const moves: Record<string, CellPlace> = {
      ArrowDown: { at: at + 1, column },
      ArrowUp: { at: at - 1, column },
      ArrowRight: { at, column: column + 1 },
      ArrowLeft: { at, column: column - 1 },
      PageDown: { at: at + PAGE_ROWS, column },
      PageUp: { at: at - PAGE_ROWS, column },
      Home: { at, column: 0 },
      End: { at, column: last }
    };
    const move = moves[key];
    const within = (value: number, most: number): number => Math.max(0, Math.min(value, most));
    return move
      ? { at: within(move.at, this.rows.length - 1), column: within(move.column, last) }
      : null;
  }

  /** Move the keyboard to a cell, and the cell into view. */
  private move(place: CellPlace): void {
    this.focusedCell()?.setAttribute('tabindex', '-1');
    this.focus = place;
    const top = place.at * ROW_HEIGHT;
    const height = this.node.clientHeight || FIRST_HEIGHT;
    const head = this.headings[0]?.offsetHeight ?? 0;
    if (top < this.node.scrollTop) {
      this.node.scrollTop = top;
    } else if (top + ROW_HEIGHT + head > this.node.scrollTop + height) {
      this.node.scrollTop = top + ROW_HEIGHT + head - height;
    }
    this.draw();
    const cell = this.focusedCell();
    cell?.setAttribute('tabindex', '0');
    cell?.focus({ preventScroll: true });
    cell?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }

  private focusedCell(): HTMLElement | null {
    const { at, column } = this.focus;
    return this.body.querySelector(`[data-at="${at}"][data-column="${column}"]`);
  }

  private open(): void {
    const row = this.rows[this.focus.at];
    const cell = this.focusedCell();
    if (row !== undefined && cell) {
      this.actions.onOpen(row, Math.max(0, this.focusedVariant), cell);
    }
  }

  readonly node: HTMLElement;
  private readonly grid: HTMLElement;
  private readonly headings: HTMLElement[];
  private readonly body = element('tbody');
  private rows: readonly number[] = [];
  private sort: Sort | null = null;
  private pair: VariantPair | null = null;
  private focus: CellPlace = { at: 0, column: 0 };
  private window: RowWindow | null = null;
}

/** Return the place of the cell that an event happened in; null outside of the cells. */
function placeOf(target: EventTarget | null): CellPlace | null {
  const cell = (target as Element | null)?.closest<HTMLElement>('[data-at]');
  return cell ? { at: Number(cell.dataset.at), column: Number(cell.dataset.column) } : null;
}
