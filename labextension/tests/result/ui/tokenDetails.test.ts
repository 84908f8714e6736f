// @vitest-environment jsdom
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { PayloadResult } from '../../../src/result/payloadTypes';
import { TokenDetails } from '../../../src/result/ui/tokenDetails';
import { loadedAnswer } from '../../fixtures';
import { find, press, texts, usePage } from './dom';

beforeEach(usePage);

const CELL = { block: '%%chat a/b\nuser: Who?\n', json: '' };

async function draw(name = 'names', changes: Partial<PayloadResult> = {}) {
  const answer = await loadedAnswer(name, 0, { model: 'a/b', cell: CELL, ...changes });
  const cells: string[] = [];
  const messages: string[] = [];
  const details = new TokenDetails(
    text => {
      cells.push(text);
      return Promise.resolve('inserted below');
    },
    message => messages.push(message)
  );
  document.body.append(details.node);
  return { answer, details, node: details.node, cells, messages };
}

describe('the details of a token', () => {
  it('begin with a hint', async () => {
    const { node } = await draw();
    expect(node.textContent).toContain('Click a token');
  });

  it('are its probability, its metrics and its bytes', async () => {
    const { answer, details, node } = await draw();
    details.show(answer, 1, 1);
    expect(texts(node, '.chm-token-name')).toEqual(['␣Charlotte']);
    const [facts, bytes] = texts(node, '.chm-facts');
    expect(facts).toMatch(/^token 2 · \d+\.\d% · \d\.\d\d bits · rank 1/);
    expect(bytes).toBe('bytes 2–12: 20 43 68 61 72 6c 6f 74 74 65');
  });

  it('list the alternatives with the sum of their probabilities, the token marked', async () => {
    const { answer, details, node } = await draw();
    details.show(answer, 1, 1);
    const rows = texts(node, '[role=option]');
    expect(rows.length).toBe(answer.alternatives(1).length);
    expect(texts(node, '.chm-chosen .chm-alt-name')).toEqual(['␣Charlotte']);
    expect(texts(node, '.chm-other .chm-alt-name')).toEqual(['other']);
  });

  it('spell out the tokens of one character', async () => {
    const { answer, details, node } = await draw('wave');
    const piece = answer.pieces.findIndex(({ start, end }) => end - start > 1);
    details.show(answer, piece, piece);
    const { start, end } = answer.piece(piece);
    expect(texts(node, '.chm-fragments li').length).toBe(end - start);
  });

  it('say why there are no alternatives', async () => {
    const { answer, details, node } = await draw('names', { alternatives: '' });
    details.show(answer, 1, 1);
    expect(find(node, '.chm-hint').textContent).toContain('--top-logprobs');
  });

  it('sum up a range', async () => {
    const { answer, details, node } = await draw();
    details.show(answer, 0, 1, '/a');
    expect(texts(node, '.chm-facts')).toEqual(['/a', 'tokens 1–2 · 2 tokens · 12 bytes']);
    expect(texts(node, '.chm-sums .chm-muted')).toContain('joint probability');
  });
});

describe('a branch', () => {
  it('takes the most probable other token, or the selected one', async () => {
    const { answer, details, node, cells, messages } = await draw();
    details.show(answer, 1, 1);
    const branch = find(node, '.chm-actions button');
    const others = answer.alternatives(1).filter(({ isChosen }) => !isChosen);
    const name = answer.vocabulary.text(others[0]?.id ?? 0);
    expect(branch.textContent).toContain(name.trim());
    branch.click();
    await vi.waitFor(() => expect(messages).toEqual(['inserted below']));
    expect(cells).toEqual([`%%chat a/b\nuser: Who?\nassistant: 3.${name}`]);
  });

  it('is made with the keyboard', async () => {
    const { answer, details, node, cells } = await draw();
    details.show(answer, 1, 1);
    expect(details.focusAlternatives()).toBe(true);
    const list = find(node, '.chm-alts');
    press(list, 'ArrowDown');
    const selected = find(node, '[aria-selected=true]');
    expect(list.getAttribute('aria-activedescendant')).toBe(selected.id);
    press(list, 'Enter');
    await vi.waitFor(() => expect(cells.length).toBe(1));
  });

  it('is refused with a reason', async () => {
    const { answer, details, node } = await draw('names', { cell: null });
    details.show(answer, 1, 1);
    expect(find(node, '.chm-actions button')).toHaveProperty('disabled', true);
    expect(find(node, '.chm-actions .chm-hint').textContent).toContain('cannot be written');
  });
});
