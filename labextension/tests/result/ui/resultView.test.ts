// @vitest-environment jsdom
import { describe, expect, it } from 'vitest';
import { ResultModel } from '../../../src/result/answer';
import type { PayloadChoice, PayloadResult } from '../../../src/result/payloadTypes';
import { ResultView } from '../../../src/result/ui/resultView';
import { resultOf } from '../../fixtures';
import { MARKDOWN_OPTIONS } from './dom';

function draw(changes: Partial<PayloadResult>, only: number | null = null): HTMLElement {
  const view = new ResultView(
    new ResultModel(resultOf('names', changes)),
    MARKDOWN_OPTIONS,
    () => Promise.resolve(''),
    () => {},
    only
  );
  void view.setMode('text');
  return view.node;
}

function choices(...texts: string[]): PayloadChoice[] {
  const [choice] = resultOf('names').choices;
  return choice ? texts.map((text, index) => ({ ...choice, index, text, parts: {} })) : [];
}

describe('a result', () => {
  it('has a column for each choice', () => {
    const columns = [...draw({ choices: choices('One', 'Other') }).querySelectorAll('.chm-choice')];
    expect(columns.map(each => each.querySelector('strong')?.textContent)).toEqual(['0', '1']);
    expect(columns.map(each => each.getAttribute('aria-label'))).toEqual(['choice 0', 'choice 1']);
  });

  it('draws only one of several choices if asked to', () => {
    const node = draw({ choices: choices('One', 'Other') }, 1);
    const titles = [...node.querySelectorAll('.chm-choice strong')].map(each => each.textContent);
    expect(titles).toEqual(['1']);
  });

  it('says why the answer is missing', () => {
    const node = draw({ choices: [], error: 'the server said 429' });
    expect(node.querySelector('.chm-warning')?.textContent).toBe('the server said 429');
    expect(node.querySelector('.chm-stage')?.textContent).toContain('no answer');
  });

  it('shows the next mode at the key v', () => {
    const node = draw({ choices: choices('One') });
    const pressed = (): string | null | undefined =>
      node.querySelector('.chm-switch [aria-pressed=true]')?.textContent;
    expect(pressed()).toBe('Text');
    node.dispatchEvent(new KeyboardEvent('keydown', { key: 'v', bubbles: true }));
    expect(pressed()).toBe('Raw');
  });

  it('ends with the unsure tokens', () => {
    const node = draw({ unsure: 'unsure: Charlotte 31%' });
    expect(node.querySelector('.chm-unsure-line')?.textContent).toBe('unsure: Charlotte 31%');
  });
});
