// @vitest-environment jsdom
import { describe, expect, it, vi } from 'vitest';
import type { PayloadChoice } from '../../../../src/result/payloadTypes';
import { RunMatrix } from '../../../../src/result/ui/comparison/runMatrix';
import { comparisonOf } from '../../../fixtures';
import { find, press, texts } from '../dom';

function draw(mark?: PayloadChoice['mark']) {
  const onOpen = vi.fn();
  const comparison = comparisonOf('grid');
  if (mark) {
    comparison.answers.forEach(({ answer }) => (answer.choice.mark = mark));
  }
  const { node } = new RunMatrix(comparison, onOpen);
  document.body.replaceChildren(node);
  return { node, onOpen, cells: Array.from(node.querySelectorAll<HTMLElement>('.chm-cell')) };
}

describe('the matrix of runs', () => {
  it('has the last axis across and the others down', () => {
    const { node, cells } = draw();
    expect(texts(node, 'thead th')).toEqual(['tone', 'temperature', 'formal', 'playful']);
    expect(texts(node, 'tbody th')).toEqual(['0', '0.5', '1']);
    expect(cells.length).toBe(6);
  });

  it('names its cells for screen readers', () => {
    expect(draw().cells[0]?.getAttribute('aria-label')).toMatch(/^temperature 0, tone formal: /);
  });

  it('marks its cells by what checks say, also for screen readers', () => {
    const [cell] = draw('failed').cells;
    expect(cell?.querySelector('.chm-mark')?.textContent).toBe('✗');
    expect(cell?.getAttribute('aria-label')).toMatch(
      /^temperature 0, tone formal: checks: failed, /
    );
  });

  it('writes the selected metric into the cells', () => {
    const { node } = draw();
    const select = find(node, 'select') as HTMLSelectElement;
    select.value = 'tokens';
    select.dispatchEvent(new Event('change'));
    expect(texts(node, '.chm-cell-number')[0]).toMatch(/^\d+/);
    expect(find(node, '.chm-bar .chm-hint').textContent).toBe('tokens of the answer');
  });

  it('shows what failed in its cell', () => {
    expect(texts(draw().node, '.chm-warning')).toEqual(['the server said 429: too many requests']);
  });

  it('moves with the arrow keys', () => {
    const { cells } = draw();
    cells[0]?.focus();
    for (const [key, index] of [
      ['ArrowRight', 1],
      ['ArrowDown', 3],
      ['ArrowLeft', 2],
      ['ArrowUp', 0]
    ] as const) {
      press(document.activeElement ?? document.body, key);
      expect(document.activeElement).toBe(cells[index]);
    }
  });

  it('opens a result', () => {
    const { cells, onOpen } = draw();
    cells[4]?.click();
    expect(onOpen).toHaveBeenCalledWith(4, cells[4]);
  });
});
