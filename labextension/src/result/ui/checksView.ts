/** What checks said about answers: rates with intervals, comparisons, exceptions, confusion. */

import type { PayloadChecks, PayloadChoice, PayloadConfusion, PayloadRate } from '../payloadTypes';
import { element } from './dom';
import { exactText } from './exactText';

const MARKS = { passed: '✓', failed: '✗', error: '!' } as const;

/** Mark answers by characters and words, with how often each mark occurs if they differ. */
export function drawMarks(choices: readonly PayloadChoice[]): HTMLElement | null {
  const all = choices.flatMap(({ mark }) => mark ?? []);
  const marks = (['passed', 'failed', 'error'] as const).filter(mark => all.includes(mark));
  if (!marks.length) {
    return null;
  }
  const count = (mark: string): number => all.filter(each => each === mark).length;
  const symbols = marks.map(mark => `${MARKS[mark]}${marks.length > 1 ? count(mark) : ''}`);
  const words = marks.map(mark => `${all.length > 1 ? `${count(mark)} ` : ''}${mark}`);
  const node = element('span', 'chm-mark', symbols.join(' '));
  node.title = `checks: ${words.join(', ')}`;
  node.setAttribute('role', 'img');
  node.setAttribute('aria-label', node.title);
  return node;
}

/** Draw what checks said, above the answers; a table of rows has the rates in its header. */
export function drawChecks(checks: PayloadChecks, hasRates = true): HTMLElement {
  const rates = element('table', 'chm-checks-rates', ...checks.rates.map(drawRate));
  rates.setAttribute('aria-label', 'answers that pass, by variant');
  return element(
    'section',
    'chm-checks',
    hasRates ? rates : null,
    ...checks.sentences.map(sentence => exactText('p', 'chm-checks-sentence', sentence)),
    ...checks.notices.map(notice => exactText('p', 'chm-warning', notice)),
    drawConfusions(checks.confusions)
  );
}

function drawRate({ title, words, facts, bounds }: PayloadRate): HTMLElement {
  const bar = element('td', '', bounds ? drawBar(bounds) : null);
  return element(
    'tr',
    '',
    exactText('th', '', title),
    element('td', '', words),
    bar,
    exactText('td', 'chm-muted', facts.join(' · '))
  );
}

/** Draw a share as a bar, whose shades end at the interval's ends and at the share. */
export function drawBar(bounds: readonly number[]): HTMLElement {
  const ends = [0, ...bounds];
  const pieces = bounds.map((end, index) => {
    const piece = element('span', `chm-checks-shade${index}`);
    piece.style.width = `${(100 * Math.max(0, end - (ends[index] ?? 0))).toFixed(1)}%`;
    return piece;
  });
  const bar = element('span', 'chm-checks-bar', ...pieces);
  bar.setAttribute('aria-hidden', 'true');
  return bar;
}

function drawConfusions(confusions: readonly PayloadConfusion[]): HTMLElement | null {
  if (!confusions.length) {
    return null;
  }
  const title = element('summary', '', 'what was answered where what is true');
  return element('details', 'chm-details', title, ...confusions.map(drawConfusion));
}

function drawConfusion({ title, truths, answers, counts }: PayloadConfusion): HTMLElement {
  const head = element(
    'tr',
    '',
    exactText('th', '', `${title}: true ↓, answered →`),
    ...answers.map(answer => exactText('th', '', answer))
  );
  const rows = truths.map((truth, row) => {
    const cells = answers.map((answer, column) => {
      const count = String(counts[row]?.[column] ?? 0);
      return element('td', '', answer === truth ? element('strong', '', count) : count);
    });
    return element('tr', '', exactText('th', '', truth), ...cells);
  });
  return element('table', 'chm-checks-confusion', head, ...rows);
}
