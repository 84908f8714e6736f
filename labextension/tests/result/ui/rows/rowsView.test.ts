// @vitest-environment jsdom
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { itemAt } from '../../../../src/result/indexing';
import { readPayload } from '../../../../src/result/payload';
import type { Payload, PayloadResult, PayloadRows } from '../../../../src/result/payloadTypes';
import { RowsView } from '../../../../src/result/ui/rows/rowsView';
import { rowTableOf, wire } from '../../../fixtures';
import { find, MARKDOWN_OPTIONS, press, texts, usePage } from '../dom';

beforeEach(usePage);

function draw(changes: Partial<PayloadRows> = {}) {
  const { results } = readPayload(wire('rows.json')) as Payload;
  const table = rowTableOf();
  const whole = { ...itemAt(results, 0), choices: itemAt(results, 2).choices };
  const askRun = vi.fn(() => Promise.resolve<PayloadResult | null>(whole));
  const onMode = vi.fn();
  const insert = vi.fn(() => Promise.resolve('inserted below'));
  const cut = { ...table, rows: { ...table.rows, ...changes } };
  const view = new RowsView(cut, results, MARKDOWN_OPTIONS, insert, onMode, askRun);
  document.body.append(view.node);
  const cell = (at: number, column: number): HTMLElement =>
    find(view.node, `[data-at="${at}"][data-column="${column}"]`);
  return { view, cell, onMode, askRun, whole };
}

describe('the view of rows', () => {
  it('says above the table how large it is', () => {
    const { view } = draw();
    expect(find(view.node, '.chm-status').textContent).toContain('3 rows × 2 temperature');
    expect(find(view.node, '.chm-rows-toolbar').textContent).toContain('3 rows');
  });

  it('opens the answer of a cell below, with its tokens', async () => {
    const { view, cell } = draw();
    cell(0, 3).click();
    await vi.waitFor(() => expect(find(view.node, '.chm-detail-pane').hidden).toBe(false));
    const pane = find(view.node, '.chm-detail-pane');
    expect(find(pane, 'strong').textContent).toBe('document p · temperature=0');
    expect(pane.textContent).toContain('yes indeed');
    expect(texts(pane, 'button')).toContain('Tokens');
    press(pane, 'Escape');
    expect(pane.hidden).toBe(true);
    expect(document.activeElement).toBe(cell(0, 3));
  });

  it('takes the keys of the open answer wherever the focus is', async () => {
    const { view, cell } = draw();
    const pane = find(view.node, '.chm-detail-pane');
    cell(0, 3).click();
    await vi.waitFor(() => expect(document.activeElement).toBe(pane));
    press(pane, 'v');
    await vi.waitFor(() => expect(texts(pane, '[aria-pressed=true]')).toEqual(['Tokens']));
    press(cell(0, 3), 'v');
    await vi.waitFor(() => expect(texts(pane, '[aria-pressed=true]')).toEqual(['Raw']));
  });

  it('goes back to the cell of a closed answer, wherever it was sorted to', async () => {
    const { view, cell } = draw();
    const pane = find(view.node, '.chm-detail-pane');
    const text = cell(0, 3).textContent;
    cell(0, 3).click();
    await vi.waitFor(() => expect(pane.hidden).toBe(false));
    const heading = find(view.node, '.chm-sort');
    heading.click();
    heading.click();
    const moved = find(view.node, '.chm-open');
    expect(moved.dataset.at).toBe('2');
    expect([moved.textContent, moved.getAttribute('aria-expanded')]).toEqual([text, 'true']);
    press(pane, 'Escape');
    expect(document.activeElement).toBe(cell(2, 3));
    expect(view.node.querySelector('.chm-open')).toBeNull();
  });

  it('fetches what an opened answer lacks once, from a kernel that has it', async () => {
    const { view, cell, askRun, whole } = draw({ is_cut: true, handle: 'h' });
    expect(find(view.node, '.chm-hint').textContent).toContain('not saved in this notebook');
    cell(0, 3).click();
    const pane = find(view.node, '.chm-detail-pane');
    const text = itemAt(whole.choices, 0).text;
    await vi.waitFor(() => expect(pane.textContent).toContain(text));
    cell(0, 3).click();
    await vi.waitFor(() => expect(pane.textContent).toContain(text));
    expect(askRun.mock.calls).toEqual([['h', 0]]);
  });

  it('keeps what the notebook has where the kernel has no more', async () => {
    const { view, cell, askRun } = draw({ is_cut: true, handle: 'h' });
    askRun.mockResolvedValue(null);
    cell(0, 3).click();
    await vi.waitFor(() => expect(askRun).toHaveBeenCalledOnce());
    expect(find(view.node, '.chm-detail-pane').textContent).toContain('yes indeed');
  });

  it('asks no kernel where nothing is left out', async () => {
    const { view, cell, askRun } = draw();
    cell(0, 3).click();
    await vi.waitFor(() => expect(find(view.node, '.chm-detail-pane').hidden).toBe(false));
    expect(askRun).not.toHaveBeenCalled();
  });

  it('opens a request that failed with its error', async () => {
    const { view, cell } = draw();
    cell(1, 4).click();
    await vi.waitFor(() => expect(find(view.node, '.chm-detail-pane').hidden).toBe(false));
    expect(find(view.node, '.chm-detail-pane').textContent).toContain('too many <requests>');
  });

  it('filters and sorts', () => {
    const { view } = draw();
    const filter = find(view.node, 'select') as HTMLSelectElement;
    filter.value = 'failing';
    filter.dispatchEvent(new Event('change'));
    expect(texts(view.node, 'tbody th')).toEqual(['p', 'q']);
    find(view.node, 'thead th:nth-child(3) .chm-sort').click();
    find(view.node, 'thead th:nth-child(3) .chm-sort').click();
    expect(texts(view.node, 'tbody th')).toEqual(['q', 'p']);
  });

  it('compares two variants by the key d, and stops by it', () => {
    const { view, cell } = draw();
    press(cell(0, 0), 'd');
    expect(texts(cell(0, 4), 'ins')).toEqual(['no']);
    expect(texts(cell(0, 4), 'del')).toEqual(['yes']);
    press(cell(0, 0), 'd');
    expect(view.node.querySelector('ins')).toBeNull();
  });

  it('leaves letters that are typed into the search alone', () => {
    const { view } = draw();
    press(find(view.node, 'input'), 'd');
    expect(view.node.querySelector('ins')).toBeNull();
    press(view.node, '/');
    expect(document.activeElement).toBe(find(view.node, 'input'));
  });

  it('stores the mode of the answer that is open', async () => {
    const { view, cell } = draw();
    await view.setMode('raw');
    cell(0, 3).click();
    await vi.waitFor(() => expect(find(view.node, '.chm-detail-pane').hidden).toBe(false));
    view.dispose();
    expect(find(view.node, '.chm-detail-pane').hidden).toBe(true);
  });
});
