/** The table of a grid over rows of data: what it shows, sorted and filtered. */

import type { Payload, PayloadRowCell, PayloadRows } from './payloadTypes';

export const FILTERS = ['all', 'failing', 'mixed', 'unsure'] as const;
export type Filter = (typeof FILTERS)[number];

export interface TableColumn {
  kind: 'index' | 'data' | 'variant';
  title: string;
  /** What its header says below the title. */
  facts: readonly string[];
  /** The share of its answers that pass with its interval, as in `PayloadRate`. */
  bounds: readonly number[] | null;
  isNumber: boolean;
  /** The index of the variant; of any other column, -1. */
  variant: number;
}

export interface RowTable {
  rows: PayloadRows;
  /** What each row is called. */
  titles: readonly string[];
  columns: TableColumn[];
}

export interface Sort {
  column: number;
  sign: 1 | -1;
}

export interface Selection {
  filter: Filter;
  /** What a row must contain, in any case. */
  text: string;
  /** Null for the order of the data. */
  sort: Sort | null;
}

export const EVERYTHING: Selection = { filter: 'all', text: '', sort: null };

/** Read the table of a payload; null if it has none, or one that contradicts itself. */
export function readRowTable(payload: Payload): RowTable | null {
  const { rows, axes, results } = payload;
  const titles = axes[0]?.titles;
  if (!rows || !titles || !isConsistent(rows, titles.length, results.length)) {
    return null;
  }
  const own = { facts: [], bounds: null, variant: -1 };
  const columns: TableColumn[] = [
    { kind: 'index', title: rows.index, isNumber: titles.every(isNumber), ...own },
    ...rows.columns.map(({ name, is_number }): TableColumn => {
      return { kind: 'data', title: name, isNumber: is_number, ...own };
    }),
    ...rows.variants.map(({ title, facts }, variant): TableColumn => {
      const bounds = payload.checks?.rates[variant]?.bounds ?? null;
      return { kind: 'variant', title, facts, bounds, isNumber: false, variant };
    })
  ];
  return { rows, titles, columns };
}

function isConsistent(
  { columns, variants, cells }: PayloadRows,
  count: number,
  runs: number
): boolean {
  return (
    cells.length === runs &&
    cells.length === count * variants.length &&
    columns.every(({ values }) => values.length === count)
  );
}

function isNumber(text: string): boolean {
  return text.trim() !== '' && !Number.isNaN(Number(text));
}

/** Return the index of the result of a row in a variant. */
export function runAt({ rows }: RowTable, row: number, variant: number): number {
  return row * rows.variants.length + variant;
}

/** Return the cell of a row in a variant. */
export function cellAt(table: RowTable, row: number, variant: number): PayloadRowCell {
  return table.rows.cells[runAt(table, row, variant)] ?? { text: '' };
}

/** Return the text of a row in a column. */
export function textAt(table: RowTable, row: number, column: number): string {
  const { kind, variant } = table.columns[column] ?? { kind: 'index', variant: -1 };
  switch (kind) {
    case 'index':
      return table.titles[row] ?? '';
    case 'data':
      return table.rows.columns[column - 1]?.values[row] ?? '';
    case 'variant':
      return cellAt(table, row, variant).text;
  }
}

/** Return the rows that are shown, in the order in which they are. */
export function shownRows(table: RowTable, { filter, text, sort }: Selection): number[] {
  const wanted = text.trim().toLocaleLowerCase();
  const columns = table.columns.map((_column, index) => index);
  const shown = table.titles
    .map((_title, row) => row)
    .filter(row => hasState(table, row, filter))
    .filter(
      row =>
        !wanted ||
        columns.some(column => textAt(table, row, column).toLocaleLowerCase().includes(wanted))
    );
  return sort ? sorted(table, shown, sort) : shown;
}

function hasState(table: RowTable, row: number, filter: Filter): boolean {
  return (
    filter === 'all' ||
    table.rows.variants.some((_variant, at) => cellAt(table, row, at).states?.includes(filter))
  );
}

/** Sort rows; unknown values come last, equal ones stay in the data's order. */
function sorted(table: RowTable, shown: readonly number[], { column, sign }: Sort): number[] {
  const key = sortKey(table, column);
  const keyed = shown.map(row => ({ row, value: key(row) }));
  keyed.sort(({ value: first }, { value: second }) => {
    if (first === null || second === null) {
      return Number(first === null) - Number(second === null);
    }
    const isText = typeof first === 'string' && typeof second === 'string';
    return sign * (isText ? COLLATOR.compare(first, second) : Number(first) - Number(second));
  });
  return keyed.map(({ row }) => row);
}

const COLLATOR = new Intl.Collator();

/** Return what the rows are sorted by: a number, the probability of the label, or the text. */
function sortKey(table: RowTable, index: number): (row: number) => number | string | null {
  const column = table.columns[index];
  if (column?.kind === 'variant') {
    const cells = table.rows.cells;
    if (cells.some(({ prob }) => prob !== undefined)) {
      return row => cellAt(table, row, column.variant).prob ?? null;
    }
  }
  return row => {
    const text = textAt(table, row, index);
    return text === '' ? null : column?.isNumber ? Number(text) : text;
  };
}

/** Return the sort after a click on a heading: rising, falling, then the order of the data. */
export function nextSort(sort: Sort | null, column: number): Sort | null {
  if (sort?.column !== column) {
    return { column, sign: 1 };
  }
  return sort.sign === 1 ? { column, sign: -1 } : null;
}
