// @vitest-environment jsdom
import { describe, expect, it, vi } from 'vitest';
import { ComparisonToolbar } from '../../../../src/result/ui/comparison/comparisonToolbar';
import { readViewState, type ViewState } from '../../../../src/result/viewState';
import { comparisonOf } from '../../../fixtures';
import { find, texts } from '../dom';

function draw(name = 'four', state: Partial<ViewState> = {}) {
  const comparison = comparisonOf(name);
  const change = vi.fn();
  const toolbar = new ComparisonToolbar(comparison, change);
  toolbar.show({ ...readViewState(null, comparison), ...state });
  return { toolbar, node: toolbar.node, change };
}

describe('the toolbar', () => {
  it('has a button for each view, the current one pressed', () => {
    const { node } = draw('grid');
    expect(texts(node, '.chm-views button')).toEqual([
      'Columns',
      'List',
      'Tree',
      'Table',
      'Matrix'
    ]);
    expect(texts(node, '.chm-views [aria-pressed=true]')).toEqual(['Matrix']);
  });

  it('changes the view', () => {
    const { node, change } = draw();
    find(node, '.chm-views button:nth-child(2)').click();
    expect(change).toHaveBeenCalledWith({ view: 'list' });
  });

  it('switches the diff, whose controls are shown with it', () => {
    const off = draw();
    expect(find(off.node, '.chm-compared').hidden).toBe(true);
    off.toolbar.diff.click();
    expect(off.change).toHaveBeenCalledWith({ isDiff: true });
    const on = draw('four', { isDiff: true, base: 2 });
    expect(find(on.node, '.chm-compared').hidden).toBe(false);
    on.toolbar.diff.click();
    expect(on.change).toHaveBeenCalledWith({ isDiff: false });
  });

  it.each([
    ['base', '3', { base: 3 }],
    ['by', 'sentence', { by: 'sentence' }],
    ['order', 'mean logprob', { order: 'mean logprob' }]
  ])('changes the %s', (label, value, expected) => {
    const { node, change } = draw('four', { isDiff: true });
    const select = find(node, `select[aria-label=${label}]`) as HTMLSelectElement;
    select.value = value;
    select.dispatchEvent(new Event('change'));
    expect(change).toHaveBeenCalledWith(expected);
  });

  it('goes from view to view', () => {
    const { toolbar } = draw('four');
    expect([toolbar.next('columns'), toolbar.next('table')]).toEqual(['list', 'columns']);
  });
});
