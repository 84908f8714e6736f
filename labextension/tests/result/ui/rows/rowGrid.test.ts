// @vitest-environment jsdom
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { RowTable } from '../../../../src/result/rowTable';
import { itemAt } from '../../../../src/result/indexing';
import { RowGrid } from '../../../../src/result/ui/rows/rowGrid';
import { rowTableOf } from '../../../fixtures';
import { find, press, texts, usePage } from '../dom';

beforeEach(usePage);

/** Return a table of so many rows in one variant. */
function long(count: number): RowTable {
  const titles = Array.from({ length: count }, (_, row) => String(row));
  const cells = titles.map(title => ({ text: `answer ${title}` }));
  const variants = [{ title: 'answer', facts: [] }];
  const own = { facts: [], bounds: null, isNumber: false };
  return {
    rows: { index: 'row', columns: [], variants, cells, facts: [], warnings: [] },
    titles,
    columns: [
      { kind: 'index', title: 'row', variant: -1, ...own },
      { kind: 'variant', title: 'answer', variant: 0, ...own }
    ]
  };
}

function draw(table = rowTableOf()) {
  const actions = {
    onOpen: vi.fn(),
    onSort: vi.fn(),
    answerText: (row: number, variant: number) => `text ${row} ${variant}`
  };
  const grid = new RowGrid(table, actions);
  document.body.append(grid.node);
  grid.show(
    table.titles.map((_title, row) => row),
    null
  );
  const cell = (at: number, column: number): HTMLElement =>
    find(grid.node, `[data-at="${at}"][data-column="${column}"]`);
  return { grid, cell, ...actions };
}

describe('the grid of rows', () => {
  it('shows rows and variants, with what holds for a variant in its heading', () => {
    const { grid } = draw();
    expect(texts(grid.node, 'thead th')).toEqual([
      'document',
      'text',
      'stars',
      'temperature=0passed 3 of 3',
      'temperature=1passed 0 of 1'
    ]);
    expect(texts(grid.node, 'tbody [data-column="1"]')).toEqual(['fine', 'bad', 'so so']);
  });

  it('gives a column of short values the room that these need', () => {
    const table = rowTableOf();
    const values = table.titles.map(() => '12345');
    table.rows.columns = table.rows.columns.map(column => ({ ...column, values }));
    const heads = draw(table).grid.node.querySelectorAll<HTMLElement>('th.chm-rows-data');
    expect(Array.from(heads, head => head.style.width)).toEqual([
      'calc(6ch + 16px)',
      'calc(6ch + 16px)'
    ]);
    values.fill('a text that needs more room');
    const wide = draw(table).grid.node.querySelectorAll<HTMLElement>('th.chm-rows-data');
    expect(Array.from(wide, head => head.style.width)).toEqual(['', '']);
  });

  it('has a bar, and percentages in one line, in the heading of a variant', () => {
    const table = long(1);
    table.columns[1] = {
      ...itemAt(table.columns, 1),
      facts: ['passed 1 of 2 (9–91 %)'],
      bounds: [0.09, 0.5, 0.91]
    };
    const { node } = draw(table).grid;
    expect(find(node, '.chm-rows-fact').textContent).toBe('passed 1 of 2 (9–91\u00a0%)');
    expect(node.querySelectorAll('thead .chm-checks-bar > span').length).toBe(3);
  });

  it('has only the rows in view in the page, however many there are', () => {
    const { grid } = draw(long(2000));
    const drawn = (): NodeListOf<Element> => grid.node.querySelectorAll('tbody tr[aria-rowindex]');
    expect(drawn().length).toBeLessThan(60);
    expect(find(grid.node, '[role=grid]').getAttribute('aria-rowcount')).toBe('2001');
    const heights = Array.from(
      grid.node.querySelectorAll<HTMLElement>('.chm-rows-gap'),
      gap => gap.style.height
    );
    expect(heights[0]).toBe('0px');
    grid.node.scrollTop = 1000 * 46;
    grid.node.dispatchEvent(new Event('scroll'));
    expect(drawn().length).toBeLessThan(60);
    expect(find(grid.node, '[data-at="1000"][data-column="1"]').textContent).toBe('answer 1000');
    expect(grid.node.querySelector('[data-at="0"]')).toBeNull();
  });

  it('moves by the arrow keys, within the table', () => {
    const { grid, cell } = draw();
    cell(0, 0).focus();
    const at = (): [string | undefined, string | undefined] => {
      const { at, column } = (document.activeElement as HTMLElement).dataset;
      return [at, column];
    };
    const go = (key: string): void => void press(document.activeElement ?? grid.node, key);
    go('ArrowDown');
    go('ArrowRight');
    expect(at()).toEqual(['1', '1']);
    go('ArrowUp');
    go('ArrowUp');
    expect(at()).toEqual(['0', '1']);
    go('End');
    go('ArrowRight');
    expect(at()).toEqual(['0', '4']);
    go('PageDown');
    expect(at()).toEqual(['2', '4']);
    expect(grid.node.querySelectorAll('tbody [tabindex="0"]').length).toBe(1);
  });

  it('keeps the focus when it moves past the rows that are drawn', () => {
    const { grid, cell } = draw(long(2000));
    cell(0, 1).focus();
    for (let time = 0; time < 6; time += 1) {
      press(document.activeElement ?? grid.node, 'PageDown');
    }
    expect((document.activeElement as HTMLElement).textContent).toBe('answer 60');
  });

  it('can be reached by Tab, and keeps the focus, when its cell is scrolled out of the page', () => {
    const { grid, cell } = draw(long(2000));
    cell(3, 1).focus();
    const scroll = (top: number): void => {
      grid.node.scrollTop = top;
      grid.node.dispatchEvent(new Event('scroll'));
    };
    scroll(1000 * 46);
    expect(document.activeElement).toBe(grid.node);
    const reachable = grid.node.querySelectorAll<HTMLElement>('tbody [tabindex="0"]');
    expect(Array.from(reachable, node => node.dataset.column)).toEqual(['1']);
    press(grid.node, 'ArrowDown');
    expect(document.activeElement).toBe(cell(4, 1));
    scroll(1000 * 46);
    scroll(0);
    expect(grid.node.querySelectorAll('tbody [tabindex="0"]').length).toBe(1);
    expect(cell(4, 1).tabIndex).toBe(0);
  });

  it('leaves the rows that stay in view in the page while it is scrolled', () => {
    const { grid, cell } = draw(long(2000));
    for (const top of [30, 90, 70, 50]) {
      const before = new Set(grid.node.querySelectorAll('tbody tr[aria-rowindex]'));
      grid.node.scrollTop = top * 46;
      grid.node.dispatchEvent(new Event('scroll'));
      const rows = [...grid.node.querySelectorAll('tbody tr[aria-rowindex]')];
      const numbers = rows.map(row => Number(row.getAttribute('aria-rowindex')));
      expect(numbers).toEqual(numbers.map((_number, index) => (numbers[0] ?? 0) + index));
      expect(rows.some(row => before.has(row))).toBe(top !== 90);
      expect(cell(top, 1).textContent).toBe(`answer ${top}`);
    }
  });

  it('begins with the first row after it was sorted', () => {
    const { grid, cell } = draw(long(2000));
    grid.node.scrollTop = 1000 * 46;
    grid.show([5, 4, 3], { column: 0, sign: -1 });
    expect(grid.node.scrollTop).toBe(0);
    expect(cell(0, 1).textContent).toBe('answer 5');
  });

  it('opens a cell by a click and by Enter; a column of the data opens the first variant', () => {
    const { cell, onOpen } = draw();
    cell(1, 4).click();
    expect(onOpen).toHaveBeenLastCalledWith(1, 1, cell(1, 4));
    press(cell(1, 4), 'ArrowLeft');
    press(cell(1, 3), 'Enter');
    expect(onOpen).toHaveBeenLastCalledWith(1, 0, cell(1, 3));
    cell(2, 1).click();
    expect(onOpen).toHaveBeenLastCalledWith(2, 0, cell(2, 1));
  });

  it('asks to be sorted by a heading, and says how it is', () => {
    const { grid, onSort } = draw();
    find(grid.node, 'thead th:nth-child(3) .chm-sort').click();
    expect(onSort).toHaveBeenCalledWith({ column: 2, sign: 1 });
    grid.show([2, 0, 1], { column: 2, sign: 1 });
    expect(texts(grid.node, 'tbody th')).toEqual(['r', 'p', 'q']);
    expect(texts(grid.node, '[aria-sort=ascending]')).toEqual(['stars']);
  });

  it('shows what changes from one variant to the other, down the rows', () => {
    const { grid, cell } = draw();
    grid.compare({ base: 0, other: 1 });
    expect(texts(cell(2, 4), 'del')).toEqual(['0']);
    expect(texts(cell(2, 4), 'ins')).toEqual(['1']);
    expect(cell(2, 3).querySelector('del')).toBeNull();
    grid.compare(null);
    expect(itemAt(texts(grid.node, 'tbody [data-column="4"]'), 2)).toContain('yes, a bit');
  });
});
