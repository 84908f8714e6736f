import { describe, expect, it } from 'vitest';
import { readPayload } from '../../src/result/payload';
import type { Payload } from '../../src/result/payloadTypes';
import {
  cellAt,
  EVERYTHING,
  nextSort,
  readRowTable,
  runAt,
  shownRows,
  textAt,
  type Filter
} from '../../src/result/rowTable';
import { rowTableOf, wire } from '../fixtures';

const table = rowTableOf();

/** Return the titles of the rows that are shown. */
function titles(selection: Parameters<typeof shownRows>[1]): string[] {
  return shownRows(table, selection).map(row => table.titles[row] ?? '');
}

describe('the table of rows', () => {
  it('has the bar of a variant whose answers are checked', () => {
    const payload = readPayload(wire('rows.json'));
    const rate = { title: '', words: '', facts: [] };
    const rates = [
      { ...rate, bounds: [0.2, 0.5, 0.8] },
      { ...rate, bounds: null }
    ];
    const checks = { rates, sentences: [], notices: [], confusions: [] };
    const checked = payload && readRowTable({ ...payload, checks });
    const bounds = checked?.columns.map(column => column.bounds);
    expect(bounds).toEqual([null, null, null, [0.2, 0.5, 0.8], null]);
  });

  it('has the index, the columns of the data and the variants', () => {
    expect(table.columns.map(({ kind, title }) => `${kind} ${title}`)).toEqual([
      'index document',
      'data text',
      'data stars',
      'variant temperature=0',
      'variant temperature=1'
    ]);
    expect(table.columns.map(({ isNumber }) => isNumber)).toEqual([
      false,
      false,
      true,
      false,
      false
    ]);
  });

  it('finds a cell by row and variant', () => {
    expect(runAt(table, 1, 1)).toBe(3);
    expect(cellAt(table, 1, 1).failed).toBe(true);
    expect([0, 1, 2, 3].map(column => textAt(table, 0, column))).toEqual([
      'p',
      'fine',
      '5',
      'yes indeed'
    ]);
  });

  it.each([
    ['all', ['p', 'q', 'r']],
    ['failing', ['p', 'q']],
    ['mixed', ['r']],
    ['unsure', ['p']]
  ] as [Filter, string[]][])('shows the rows with a cell that is %s', (filter, shown) => {
    expect(titles({ ...EVERYTHING, filter })).toEqual(shown);
  });

  it('finds a text in any column and in any case', () => {
    expect(titles({ ...EVERYTHING, text: 'BAD' })).toEqual(['q']);
    expect(titles({ ...EVERYTHING, text: ' a bit ' })).toEqual(['r']);
    expect(titles({ ...EVERYTHING, text: 'nowhere' })).toEqual([]);
    expect(titles({ filter: 'failing', text: 'fine', sort: null })).toEqual(['p']);
  });

  it.each([
    ['numbers as numbers', 2, ['r', 'p', 'q'], ['q', 'p', 'r']],
    ['texts as texts', 1, ['q', 'p', 'r'], ['r', 'p', 'q']],
    ['a variant by the probability of its label', 3, ['r', 'q', 'p'], ['p', 'q', 'r']],
    ['unknown values last', 4, ['p', 'q', 'r'], ['p', 'q', 'r']]
  ])('sorts %s', (_name, column, rising, falling) => {
    expect(titles({ ...EVERYTHING, sort: { column, sign: 1 } })).toEqual(rising);
    expect(titles({ ...EVERYTHING, sort: { column, sign: -1 } })).toEqual(falling);
  });

  it('sorts by a heading: rising, falling, then as the data are', () => {
    const first = nextSort(null, 2);
    expect(first).toEqual({ column: 2, sign: 1 });
    expect(nextSort(first, 2)).toEqual({ column: 2, sign: -1 });
    expect(nextSort(nextSort(first, 2), 2)).toBeNull();
    expect(nextSort(first, 1)).toEqual({ column: 1, sign: 1 });
  });

  it('is refused if its parts contradict each other', () => {
    const payload = readPayload(wire('rows.json')) as Payload;
    const rows = payload.rows;
    if (!rows) {
      throw new Error('rows.json has no table');
    }
    expect(readRowTable({ ...payload, axes: [] })).toBeNull();
    expect(readRowTable({ ...payload, results: [] })).toBeNull();
    expect(readRowTable({ ...payload, rows: { ...rows, cells: rows.cells.slice(1) } })).toBeNull();
    const columns = [{ name: 'x', values: ['1'], is_number: true }];
    expect(readRowTable({ ...payload, rows: { ...rows, columns } })).toBeNull();
  });

  it('is none of a payload without rows', () => {
    expect(readRowTable({ version: 1, results: [], axes: [], comparison: null })).toBeNull();
  });
});
