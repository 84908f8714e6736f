// @vitest-environment jsdom
import { beforeEach, describe, expect, it } from 'vitest';
import type { PayloadChecks, PayloadChoice } from '../../../src/result/payloadTypes';
import { drawChecks, drawMarks } from '../../../src/result/ui/checksView';
import { usePage } from './dom';

const CHECKS: PayloadChecks = {
  rates: [
    {
      title: 'A',
      words: 'passed 17 of 20 (64–95 %)',
      facts: ['1 mixed row'],
      bounds: [0.64, 0.85, 0.95]
    },
    { title: '<b>', words: 'passed 0 of 0', facts: [], bounds: null }
  ],
  sentences: ['A passes 12 points more than <b> (−3 to +27): not settled by 20 rows.'],
  notices: ['check x: ValueError: <img> (row 3)'],
  confusions: [
    {
      title: 'A',
      truths: ['yes', 'no'],
      answers: ['yes', 'no', '?'],
      counts: [
        [3, 0, 1],
        [1, 2, 0]
      ]
    }
  ]
};

function texts(node: HTMLElement, selector: string): (string | null)[] {
  return Array.from(node.querySelectorAll(selector), found => found.textContent);
}

beforeEach(usePage);

describe('checks', () => {
  it('say how many answers of each variant pass, in words and as a bar', () => {
    const node = drawChecks(CHECKS);
    const rows = texts(node, '.chm-checks-rates tr');
    expect(rows).toEqual(['Apassed 17 of 20 (64–95 %)1 mixed row', '<b>passed 0 of 0']);
    const spans = node.querySelectorAll<HTMLElement>('.chm-checks-bar > span');
    const widths = Array.from(spans, span => span.style.width);
    expect(widths).toEqual(['64%', '21%', '10%']);
  });

  it('leave the rates to the header of a table of rows', () => {
    const node = drawChecks(CHECKS, false);
    expect(node.querySelector('.chm-checks-rates')).toBeNull();
    expect(node.querySelector('.chm-checks-sentence')).not.toBeNull();
  });

  it('say how variants compare and what went wrong, as text', () => {
    const node = drawChecks(CHECKS);
    expect(node.querySelector('.chm-checks-sentence')?.textContent).toBe(CHECKS.sentences[0]);
    expect(node.querySelector('.chm-warning')?.textContent).toBe(CHECKS.notices[0]);
    expect(node.querySelector('img, b')).toBeNull();
  });

  it('have a confusion table with the right answers in bold', () => {
    const node = drawChecks(CHECKS);
    const rows = texts(node, '.chm-checks-confusion tr');
    expect(rows).toEqual(['A: true ↓, answered →yesno?', 'yes301', 'no120']);
    expect(texts(node, 'strong')).toEqual(['3', '2']);
  });

  it('have no confusion table without a truth', () => {
    expect(drawChecks({ ...CHECKS, confusions: [] }).querySelector('details')).toBeNull();
  });
});

describe('the marks of answers', () => {
  const choices = (...marks: PayloadChoice['mark'][]): PayloadChoice[] =>
    marks.map(mark => ({ ...(mark && { mark }) }) as PayloadChoice);

  it.each([
    [['passed'], '✓', 'checks: passed'],
    [['failed'], '✗', 'checks: failed'],
    [['error'], '!', 'checks: error'],
    [['passed', 'passed'], '✓', 'checks: 2 passed'],
    [['failed', 'passed', 'passed'], '✓2 ✗1', 'checks: 2 passed, 1 failed'],
    [['passed', undefined], '✓', 'checks: passed']
  ] as const)('are characters with words for %j', (marks, symbols, words) => {
    const node = drawMarks(choices(...marks));
    expect(node?.textContent).toBe(symbols);
    expect(node?.getAttribute('aria-label')).toBe(words);
  });

  it('are none where nothing is checked', () => {
    expect(drawMarks(choices(undefined))).toBeNull();
  });
});
