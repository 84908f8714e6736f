/** A table of rows of which only those in view are in the page; the keyboard moves in it. */

import { itemAt } from '../../indexing';
import { isSameWindow, rowWindow, type RowWindow } from '../../rowWindow';
import { cellAt, nextSort, textAt, type RowTable, type Sort } from '../../rowTable';
import { drawBar } from '../checksView';
import { markOpen } from '../comparison/detailPane';
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
    this.node.tabIndex = -1;
    this.node.addEventListener('scroll', () => this.draw());
    this.node.addEventListener('keydown', event => this.onKey(event));
    this.body.addEventListener('click', event => this.onClick(event));
    this.body.addEventListener('focusin', event => this.onFocus(event));
  }

  /** Show these rows, in this order, from the first. */
  show(rows: readonly number[], sort: Sort | null): void {
    this.rows = rows;
    this.sort = sort;
    this.focus = { at: 0, column: this.focus.column };
    this.node.scrollTop = 0;
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

  /** Go back to the cell whose answer was open, which may have been scrolled out of the page. */
  returnToOpened(): void {
    if (!this.opened) {
      return;
    }
    const { row, column } = this.opened;
    this.opened = null;
    this.redraw();
    const at = this.rows.indexOf(row);
    this.move({ at: at < 0 ? this.focus.at : at, column });
  }

  /** Draw anew what is in view. */
  redraw(): void {
    this.window = null;
    this.drawn.clear();
    this.draw();
  }

  /** Draw the rows in view; those that are in the page already stay there. */
  private draw(): void {
    const height = this.node.clientHeight || FIRST_HEIGHT;
    const wanted = rowWindow(this.node.scrollTop, height, ROW_HEIGHT, this.rows.length);
    if (isSameWindow(this.window, wanted)) {
      return;
    }
    const hadFocus = this.body.contains(document.activeElement);
    this.window = wanted;
    this.replaceRows(wanted);
    this.keepReachable();
    if (hadFocus && !this.body.contains(document.activeElement)) {
      (this.focusedCell() ?? this.node).focus({ preventScroll: true });
    }
  }

  /** Take out the rows outside of a window, and put in those that it lacks. */
  private replaceRows({ start, end }: RowWindow): void {
    const kept = [...this.drawn].filter(([at]) => at >= start && at < end);
    const first = kept[0]?.[0] ?? end;
    const last = kept.at(-1)?.[0] ?? end;
    const above = this.makeRows(start, first);
    const below = this.makeRows(last + 1, end);
    for (const [at, node] of this.drawn) {
      if (at < start || at >= end) {
        node.remove();
      }
    }
    this.drawn = new Map([...above, ...kept, ...below]);
    if (!kept.length) {
      this.body.replaceChildren(this.gapAbove, this.gapBelow);
    }
    this.gapAbove.after(...above.map(([, node]) => node));
    this.gapBelow.before(...below.map(([, node]) => node));
    this.gapAbove.style.height = `${start * ROW_HEIGHT}px`;
    this.gapBelow.style.height = `${(this.rows.length - end) * ROW_HEIGHT}px`;
  }

  private makeRows(start: number, end: number): [number, HTMLElement][] {
    const shown = this.rows.slice(start, Math.max(start, end));
    return shown.map((row, index) => [start + index, this.row(row, start + index)]);
  }

  /** Let Tab reach the cell that the keyboard is at, or that nearest to it which is drawn. */
  private keepReachable(): void {
    const { start, end } = this.window ?? { start: 0, end: 0 };
    const at = Math.max(start, Math.min(this.focus.at, end - 1));
    for (const cell of this.body.querySelectorAll<HTMLElement>('[tabindex="0"]')) {
      cell.tabIndex = -1;
    }
    this.cellAt({ at, column: this.focus.column })?.setAttribute('tabindex', '0');
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
    cell.tabIndex = -1;
    if (this.opened?.row === row && this.opened.column === place.column) {
      markOpen(cell, true);
    }
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
      this.focus = place;
      this.keepReachable();
    }
  }

  private onKey(event: KeyboardEvent): void {
    const isHeading = this.headings.some(cell => cell.contains(event.target as Node));
    if (isHeading || event.ctrlKey || event.metaKey || event.altKey) {
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
    this.keepReachable();
    const cell = this.focusedCell();
    cell?.focus({ preventScroll: true });
    cell?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }

  private focusedCell(): HTMLElement | null {
    return this.cellAt(this.focus);
  }

  private cellAt({ at, column }: CellPlace): HTMLElement | null {
    return this.body.querySelector(`[data-at="${at}"][data-column="${column}"]`);
  }

  private open(): void {
    const row = this.rows[this.focus.at];
    if (row === undefined) {
      return;
    }
    this.opened = { row, column: this.focus.column };
    this.redraw();
    const cell = this.focusedCell();
    if (cell) {
      this.actions.onOpen(row, Math.max(0, this.focusedVariant), cell);
    }
  }

  readonly node: HTMLElement;
  private readonly grid: HTMLElement;
  private readonly headings: HTMLElement[];
  private readonly body = element('tbody');
  /** What stands for the rows above and below those that are drawn. */
  private readonly gapAbove = gap();
  private readonly gapBelow = gap();
  /** The rows that are drawn by their place among those that are shown, in order. */
  private drawn = new Map<number, HTMLElement>();
  private rows: readonly number[] = [];
  private sort: Sort | null = null;
  private pair: VariantPair | null = null;
  private focus: CellPlace = { at: 0, column: 0 };
  private window: RowWindow | null = null;
  /** The cell whose answer is open, by its row in the data. */
  private opened: { row: number; column: number } | null = null;
}

function gap(): HTMLElement {
  const node = element('tr', 'chm-rows-gap');
  node.setAttribute('aria-hidden', 'true');
  return node;
}

/** Return the place of the cell that an event happened in; null outside of the cells. */
function placeOf(target: EventTarget | null): CellPlace | null {
  const cell = (target as Element | null)?.closest<HTMLElement>('[data-at]');
  return cell ? { at: Number(cell.dataset.at), column: Number(cell.dataset.column) } : null;
}
