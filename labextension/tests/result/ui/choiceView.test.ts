// @vitest-environment jsdom
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { ResultModel } from '../../../src/result/answer';
import type { PayloadChoice, PayloadResult } from '../../../src/result/payloadTypes';
import { ChoiceView, type ChoiceFrame } from '../../../src/result/ui/choiceView';
import { itemAt } from '../../../src/result/indexing';
import { resultOf } from '../../fixtures';
import { find, MARKDOWN_OPTIONS, texts, usePage } from './dom';

beforeEach(usePage);

function draw(choice: Partial<PayloadChoice> = {}, result: Partial<PayloadResult> = {}) {
  const choices = resultOf('names').choices.map(each => ({ ...each, ...choice }));
  const { choices: answers } = new ResultModel(resultOf('names', { choices, ...result }));
  const frame: ChoiceFrame = {
    title: 'choice 0',
    head: ['0'],
    metrics: [],
    foot: [],
    divergence: null
  };
  const onInspect = vi.fn();
  const view = new ChoiceView(itemAt(answers, 0), frame, MARKDOWN_OPTIONS, onInspect);
  return { view, node: view.node, onInspect };
}

const visible = (node: HTMLElement): string[] =>
  Array.from(node.querySelectorAll<HTMLElement>('.chm-body'))
    .filter(body => !body.hidden)
    .map(body => body.textContent);

describe('a choice', () => {
  it('shows its text', async () => {
    const { view, node } = draw({ text: 'Ada' });
    await view.show('text', null);
    expect(visible(node)).toEqual(['Ada']);
    expect(node.getAttribute('aria-label')).toBe('choice 0');
  });

  it('shows its raw text, which is drawn once', async () => {
    const { view, node } = draw({ text: '**Ada**' });
    await view.show('raw', null);
    await view.show('text', null);
    await view.show('raw', null);
    expect(visible(node)).toEqual(['**Ada**']);
  });

  it('says that it has no log probabilities', async () => {
    const { view, node } = draw({ parts: {} });
    const add = vi.fn();
    await view.show('tokens', { add } as never);
    expect(visible(node)).toEqual(['no log probabilities']);
    expect(add).not.toHaveBeenCalled();
  });

  it('begins with the prefill', async () => {
    const { view, node } = draw({ text: ' Ada' }, { prefill: 'It is' });
    await view.show('text', null);
    expect(visible(node)).toEqual(['It is Ada']);
    expect(texts(node, '.chm-prefill')).toEqual(['It is']);
  });

  it('shows the changes in place of the text until they are taken away', async () => {
    const { view, node } = draw({ text: 'Ada' });
    const changes = document.createElement('ins');
    changes.textContent = 'changes';
    view.setChanges(() => changes);
    await view.show('text', null);
    expect([visible(node), texts(node, 'ins')]).toEqual([[], ['changes']]);
    view.setChanges(null);
    await view.show('text', null);
    expect([visible(node), texts(node, 'ins')]).toEqual([['Ada'], []]);
  });

  it.each<[string, Partial<PayloadChoice>, string]>([
    ['an empty answer', { text: '' }, 'empty answer'],
    ['a refusal', { text: '', refusal: 'I will not' }, 'refusedI will not'],
    [
      'a tool call',
      { text: '', tool_calls: [{ id: 'c', name: 'f', arguments: '{}' }] },
      'calls f{}'
    ],
    ['audio', { text: '', audio: { transcript: 'Hello', bytes: 1234 } }, 'Helloaudio, 1,234 bytes']
  ])('shows %s', async (_about, choice, text) => {
    const { view, node } = draw(choice);
    await view.show('text', null);
    expect(visible(node)[0]).toContain(text);
  });

  it('begins with the mark of its checks', () => {
    expect(draw({ mark: 'failed' }).node.querySelector('.chm-choice-head')?.textContent).toMatch(
      /^✗0/
    );
    expect(draw().node.querySelector('.chm-mark')).toBeNull();
  });

  it('warns of an unusual end', () => {
    const cut = draw({ facts: ['cut off at 5 tokens'] }).node;
    expect(texts(cut, '.chm-warning')).toEqual(['cut off at 5 tokens']);
    expect(texts(draw({ facts: ['length', '5 tokens'] }).node, '.chm-warning')).toEqual(['length']);
  });

  it('goes to its least sure token', () => {
    const { node, onInspect } = draw({ perplexity: 'perplexity 1.5' });
    find(node, '.chm-link').click();
    expect(find(node, '.chm-link').textContent).toMatch(/^least sure “Charlotte” \d+%$/);
    expect(onInspect).toHaveBeenCalledWith(1);
  });
});
