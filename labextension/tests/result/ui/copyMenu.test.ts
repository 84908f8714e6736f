// @vitest-environment jsdom
import { describe, expect, it, vi } from 'vitest';
import { itemAt } from '../../../src/result/indexing';
import { ResultModel } from '../../../src/result/answer';
import type { PayloadResult } from '../../../src/result/payloadTypes';
import { CopyMenu } from '../../../src/result/ui/copyMenu';
import { inspectorCase } from '../../fixtures';

const RESULT = itemAt(inspectorCase('names').payload.results, 0);

function menuOf(changes: Partial<PayloadResult> = {}) {
  const writeText = vi.fn(() => Promise.resolve());
  Object.defineProperty(navigator, 'clipboard', { value: { writeText }, configurable: true });
  const answer = itemAt(new ResultModel({ ...RESULT, ...changes }).choices, 0);
  const { node } = new CopyMenu(answer, 'choice 0');
  document.body.replaceChildren(node);
  const buttons = Array.from(node.querySelectorAll('button'));
  const press = (label: string): void =>
    buttons.find(({ textContent }) => textContent === label)?.click();
  return { node, buttons, press, writeText };
}

describe('the menu of an answer', () => {
  it.each([
    ['Answer', RESULT.choices[0]?.text ?? '?'],
    ['Cell', '%%chat'],
    ['Request as curl', 'curl --no-buffer'],
    ['Request as Python (httpx)', 'import httpx'],
    ['Request as Python (OpenAI SDK)', 'from openai import OpenAI'],
    ['Request as JavaScript', 'await fetch(']
  ])('copies %s, and confirms it', async (label, part) => {
    const { node, press, writeText } = menuOf();
    press('Copy…');
    press(label);
    await vi.waitFor(() => expect(node.querySelector('[aria-live]')?.textContent).toBe('Copied'));
    expect(writeText).toHaveBeenCalledWith(expect.stringContaining(part));
    expect(node.querySelector('[role=menu]')).toHaveProperty('hidden', true);
  });

  it('says that a request of the local model was for this machine', async () => {
    const { press, writeText } = menuOf({ model: 'local/smollm2-135m-instruct' });
    press('Request as Python (OpenAI SDK)');
    await vi.waitFor(() =>
      expect(writeText).toHaveBeenCalledWith(expect.stringContaining('on this machine'))
    );
  });

  it('says why a request cannot be copied', () => {
    const request = { ...RESULT.request, is_whole: false };
    const { buttons } = menuOf({ request, cell: null });
    const disabled = buttons.filter(({ disabled }) => disabled);
    expect(disabled.map(({ textContent }) => textContent)).toEqual([
      'Cell',
      'Request as curl',
      'Request as Python (httpx)',
      'Request as Python (OpenAI SDK)',
      'Request as JavaScript'
    ]);
    expect(disabled[0]?.title).toContain('attachments');
  });

  it('has no program or cell of what is not one request', () => {
    const { buttons } = menuOf({ no_program: 'a score is several requests' });
    const disabled = buttons.filter(({ disabled }) => disabled);
    expect(disabled).toHaveLength(5);
    expect(disabled[0]?.title).toBe('Not possible: a score is several requests');
  });

  it('is used with arrows, and closed with Escape', () => {
    const { node, buttons, press } = menuOf();
    press('Copy…');
    expect(document.activeElement?.textContent).toBe('Answer');
    const key = (name: string): boolean =>
      (document.activeElement ?? node).dispatchEvent(
        new KeyboardEvent('keydown', { key: name, bubbles: true })
      );
    key('ArrowDown');
    expect(document.activeElement?.textContent).toBe('Cell');
    key('ArrowUp');
    expect(document.activeElement?.textContent).toBe('Answer');
    key('Escape');
    expect(document.activeElement).toBe(buttons[0]);
  });
});
