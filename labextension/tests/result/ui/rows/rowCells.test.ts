// @vitest-environment jsdom
import { describe, expect, it } from 'vitest';
import type { PayloadRowCell } from '../../../../src/result/payloadTypes';
import { element } from '../../../../src/result/ui/dom';
import { drawAnswerCell, drawChangedCell } from '../../../../src/result/ui/rows/rowCells';
import { find, texts } from '../dom';

const draw = (cell: PayloadRowCell): HTMLElement => element('td', '', ...drawAnswerCell(cell));

describe('the cell of an answer', () => {
  it('shows text, never HTML', () => {
    const cell = draw({ text: '<img src=x onerror=alert(1)>' });
    expect(cell.querySelector('img')).toBeNull();
    expect(cell.textContent).toBe('<img src=x onerror=alert(1)>');
    expect(cell.querySelector('.chm-cell-notes')).toBeNull();
  });

  it('marks a request that failed', () => {
    expect(find(draw({ text: 'no', failed: true }), '.chm-warning').textContent).toBe('no');
  });

  it('has the marks of the checks as characters and as words', () => {
    const cell = draw({
      text: 'a',
      marks: [
        { check: 'short', outcome: 'passed' },
        { check: 'true', outcome: 'failed' },
        { check: 'kind', outcome: 'unknown' }
      ]
    });
    expect(texts(cell, '.chm-mark')).toEqual(['✓', '✗', '!']);
    const labels = Array.from(cell.querySelectorAll('.chm-mark'), mark =>
      mark.getAttribute('aria-label')
    );
    expect(labels).toEqual(['short: passed', 'true: failed', 'kind: could not be checked']);
  });

  it('has the likeliest label as words and as a bar', () => {
    const cell = draw({ text: 'yes', label: 'yes', prob: 0.756 });
    expect(find(cell, '.chm-cell-notes').textContent).toBe('yes 76%');
    expect(find(cell, '.chm-label-fill').style.width).toBe('76%');
  });

  it('counts choices that differ', () => {
    const cell = draw({ text: 'a', choices: 3, distinct: 2 });
    expect(find(cell, '.chm-cell-notes').textContent).toBe('2 of 3 differ');
  });
});

describe('the changes of a cell', () => {
  it('are marked by more than colour', () => {
    const cell = element('td', '', ...drawChangedCell('a good day', 'a bad day'));
    expect(texts(cell, 'del')).toEqual(['good']);
    expect(texts(cell, 'ins')).toEqual(['bad']);
  });

  it('are none where the text is the same', () => {
    expect(element('td', '', ...drawChangedCell('a', 'a')).textContent).toBe('same text');
  });
});
