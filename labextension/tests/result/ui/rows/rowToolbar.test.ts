// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RowToolbar } from '../../../../src/result/ui/rows/rowToolbar';
import { rowTableOf } from '../../../fixtures';
import { find } from '../dom';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function make(n_variants = 2) {
  const table = rowTableOf();
  const variants = Array.from({ length: n_variants }, (_, at) => ({ title: `v${at}`, facts: [] }));
  const actions = { onFilter: vi.fn(), onText: vi.fn(), onDiff: vi.fn() };
  const rows = { ...table.rows, variants };
  return { toolbar: new RowToolbar({ ...table, rows }, actions), ...actions };
}

describe('the toolbar of a table of rows', () => {
  it('filters by a state', () => {
    const { toolbar, onFilter } = make();
    const filter = find(toolbar.node, 'select') as HTMLSelectElement;
    filter.value = 'mixed';
    filter.dispatchEvent(new Event('change'));
    expect(onFilter).toHaveBeenCalledWith('mixed');
  });

  it('searches once the typing pauses', () => {
    const { toolbar, onText } = make();
    for (const text of ['b', 'ba', 'bad']) {
      toolbar.search.value = text;
      toolbar.search.dispatchEvent(new Event('input'));
    }
    vi.runAllTimers();
    expect(onText.mock.calls).toEqual([['bad']]);
  });

  it('says how many rows are shown', () => {
    const { toolbar } = make();
    toolbar.showCount(3, 3);
    expect(toolbar.node.textContent).toContain('3 rows');
    toolbar.showCount(1, 2000);
    expect(toolbar.node.textContent).toContain('1 of 2,000 rows');
  });

  it('compares two variants: the focused one with the first', () => {
    const { toolbar, onDiff } = make(3);
    find(toolbar.node, 'button').click();
    expect(onDiff).toHaveBeenLastCalledWith({ base: 0, other: 1 });
    expect(toolbar.nextPair(2)).toEqual({ base: 0, other: 2 });
    toolbar.showDiff({ base: 0, other: 1 });
    const [base, other] = toolbar.node.querySelectorAll<HTMLSelectElement>(
      '.chm-rows-pickers select'
    );
    if (!base || !other) {
      throw new Error('there are no pickers');
    }
    other.value = 'v2';
    other.dispatchEvent(new Event('change'));
    expect(onDiff).toHaveBeenLastCalledWith({ base: 0, other: 2 });
    find(toolbar.node, 'button').click();
    expect(onDiff).toHaveBeenLastCalledWith(null);
  });

  it('has nothing to compare with a single variant', () => {
    expect(make(1).toolbar.node.querySelector('button')).toBeNull();
  });
});
