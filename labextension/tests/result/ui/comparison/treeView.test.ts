// @vitest-environment jsdom
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { itemAt } from '../../../../src/result/indexing';
import { TreeView } from '../../../../src/result/ui/comparison/treeView';
import { comparisonOf } from '../../../fixtures';
import { find, press, texts, usePage } from '../dom';

beforeEach(usePage);

function draw() {
  const comparison = comparisonOf('four');
  const onOpen = vi.fn();
  const { node } = new TreeView(comparison, itemAt(comparison.trees, 0), onOpen);
  document.body.append(node);
  const rows = (): HTMLElement[] => Array.from(node.querySelectorAll('[role=treeitem]'));
  return { node, onOpen, rows };
}

describe('the tree of answers', () => {
  it('shows for each branch how often it was taken, and its probability', () => {
    const { rows } = draw();
    expect(texts(itemAt(rows(), 1), '.chm-number')).toEqual(['3/4', '31.0%']);
    expect(itemAt(rows(), 1).title).toContain('3 of 4 (95%:');
  });

  it('says which answers end at a leaf', () => {
    const { node } = draw();
    expect(texts(node, '.chm-answer-names')).toContain('0, 2');
  });

  it('tells screen readers about levels and siblings', () => {
    const row = itemAt(draw().rows(), 1);
    const names = ['aria-level', 'aria-posinset', 'aria-setsize', 'aria-expanded'];
    expect(names.map(name => row.getAttribute(name))).toEqual(['2', '1', '2', 'true']);
  });

  it('moves, collapses and opens with the keys', () => {
    const { onOpen, rows } = draw();
    itemAt(rows(), 0).focus();
    press(itemAt(rows(), 0), 'End');
    expect(document.activeElement).toBe(rows().at(-1));
    press(itemAt(rows(), 0), 'Home');
    press(itemAt(rows(), 0), 'ArrowDown');
    expect(document.activeElement).toBe(rows()[1]);
    press(itemAt(rows(), 1), 'Enter');
    expect(onOpen).toHaveBeenCalledWith(0, rows()[1]);
    press(itemAt(rows(), 1), 'ArrowLeft');
    press(itemAt(rows(), 1), 'ArrowLeft');
    expect(document.activeElement).toBe(rows()[0]);
  });

  it('collapses at a click on the mark', () => {
    const { node, rows } = draw();
    find(node, '.chm-disclosure').click();
    expect(rows().length).toBe(1);
    find(node, '.chm-disclosure').click();
    expect(rows().length).toBeGreaterThan(1);
  });
});
