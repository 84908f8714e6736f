/** What checks said about answers: rates with intervals, comparisons, exceptions, confusion. */

import type { PayloadChecks, PayloadConfusion, PayloadRate } from '../payloadTypes';
import { element } from './dom';
import { exactText } from './exactText';

/** Draw what checks said, above the answers. */
export function drawChecks(checks: PayloadChecks): HTMLElement {
  const rates = element('table', 'chm-checks-rates', ...checks.rates.map(drawRate));
  rates.setAttribute('aria-label', 'answers that pass, by variant');
  return element(
    'section',
    'chm-checks',
    rates,
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
function drawBar(bounds: readonly number[]): HTMLElement {
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
