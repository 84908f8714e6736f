// @vitest-environment jsdom
import { describe, expect, it, vi } from 'vitest';
import { ResultModel } from '../../../src/result/answer';
import type { PayloadChoice, PayloadResult } from '../../../src/result/payloadTypes';
import { ResultView } from '../../../src/result/ui/resultView';
import { resultOf } from '../../fixtures';
import { find, MARKDOWN_OPTIONS } from './dom';

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

  it('says nothing of the other choices where only one is drawn', () => {
    const unsure = 'unsure: other 4% in choice 0';
    const node = draw({ choices: choices('One', 'Other'), unsure }, 1);
    expect(node.querySelector('.chm-unsure-line')).toBeNull();
  });

  it('offers to continue from a single answer, and says how that went', async () => {
    const inserted: string[] = [];
    const insertCell = (cell: string): Promise<string> => {
      inserted.push(cell);
      return Promise.resolve('inserted below');
    };
    const model = new ResultModel(resultOf('names', { choices: choices('One') }));
    const { node } = new ResultView(model, MARKDOWN_OPTIONS, insertCell, () => {});
    find(node, '.chm-continue').click();
    await vi.waitFor(() => expect(find(node, '[aria-live]').textContent).toBe('inserted below'));
    expect(inserted).toEqual([expect.stringMatching(/^%%chat[^]*\nassistant: One\nuser: $/)]);
  });

  it('says why one cannot continue from an answer', () => {
    const button = find(draw({ cell: null }), '.chm-continue');
    expect(button.title).toBe('Not possible: the request cannot be written as a cell');
    expect(button).toHaveProperty('disabled', true);
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
