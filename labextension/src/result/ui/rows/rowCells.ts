/** The cells of a table of rows. */

import { diff, units } from '../../diff';
import type { PayloadMark, PayloadRowCell } from '../../payloadTypes';
import { changeNodes, drawTextChanges } from '../comparison/changesView';
import { element } from '../dom';
import { exactText } from '../exactText';

const SYMBOLS: Record<PayloadMark['outcome'], string> = { passed: '✓', failed: '✗', unknown: '!' };
/** Characters of two answers that are compared in a cell. */
const COMPARED_MOST = 600;

/** Draw what a cell shows of an answer: the marks of the checks, its beginning, the label's bar. */
export function drawAnswerCell(cell: PayloadRowCell): HTMLElement[] {
  const text = exactText('div', 'chm-cell-text', cell.text);
  text.classList.toggle('chm-warning', cell.failed === true);
  if (cell.marks) {
    text.prepend(...cell.marks.map(drawMark), ' ');
  }
  const notes = [...drawLabel(cell), ...drawChoices(cell)];
  return [text, ...(notes.length ? [element('div', 'chm-cell-notes', ...notes)] : [])];
}

function drawMark({ check, outcome }: PayloadMark): HTMLElement {
  const mark = element('span', `chm-mark chm-mark-${outcome}`, SYMBOLS[outcome]);
  const words = outcome === 'unknown' ? 'could not be checked' : outcome;
  mark.title = `${check}: ${words}`;
  mark.setAttribute('role', 'img');
  mark.setAttribute('aria-label', mark.title);
  return mark;
}

function drawLabel({ label, prob }: PayloadRowCell): HTMLElement[] {
  if (label === undefined || prob === undefined) {
    return [];
  }
  const percent = `${Math.round(prob * 100)}%`;
  const fill = element('span', 'chm-label-fill');
  fill.style.width = percent;
  const bar = element('span', 'chm-label-bar', fill);
  bar.setAttribute('aria-hidden', 'true');
  return [exactText('span', '', `${label} ${percent}`), bar];
}

function drawChoices({ choices = 1, distinct = 1 }: PayloadRowCell): HTMLElement[] {
  return distinct > 1 ? [element('span', '', `${distinct} of ${choices} differ`)] : [];
}

/** Draw what changes from one answer to another. */
export function drawChangedCell(base: string, other: string): HTMLElement[] {
  if (base === other) {
    return [element('div', 'chm-cell-text chm-muted', 'same text')];
  }
  const [before, after] = [base, other].map(text => units(text.slice(0, COMPARED_MOST), 'word'));
  const changes = drawTextChanges(diff(before ?? [], after ?? []), changeNodes);
  return [element('div', 'chm-cell-text', ...changes)];
}
