import { describe, expect, it } from 'vitest';
import {
  appendMessages,
  branchAt,
  branchPromptTokens,
  continuationCell,
  continueDisabledReason,
  type AppendedMessage
} from '../../src/result/nextCell';
import type { Answer } from '../../src/result/answer';
import type { PayloadCellHead, PayloadResult } from '../../src/result/payloadTypes';
import { loadedAnswer, resultOf, wire } from '../fixtures';

interface BranchCase {
  appended: AppendedMessage[];
  head: PayloadCellHead;
  cell: string;
}

const HEAD = {
  block: '%%chat a/b\nuser: Who?\n',
  json: '%%chat\n{\n  "model": "a/b",\n  "messages": ['
};

it.each(
  wire<BranchCase[]>('branches.json').map((each, index) => [index, each.appended, each] as const)
)('writes the cell that Python writes: %i %j', (_index, appended, { head, cell }) => {
  expect(appendMessages(head, appended)).toBe(cell);
});

describe('a branch', () => {
  const at = async (changes: Partial<PayloadResult>, alternative: string) => {
    const answer = await loadedAnswer('names', 0, { model: 'a/b', cell: HEAD, ...changes });
    return branchAt(answer, 1, answer.vocabulary.texts.indexOf(alternative));
  };

  it('begins with the prefill and all that precedes the token', async () => {
    expect(await at({ prefill: 'Names: ' }, ' Clara')).toEqual({
      tokens: null,
      cell: '%%chat a/b\nuser: Who?\nassistant: Names: 3. Clara'
    });
  });

  it.each([
    [{ model: 'openai/gpt-4o' }, 'OpenAI'],
    [
      { no_branch: 'this server starts a new turn after an assistant message' },
      'starts a new turn'
    ],
    [{ request: { ...resultOf('names').request, is_whole: false } }, 'attachments'],
    [
      { choices: resultOf('names').choices.map(each => ({ ...each, text: 'else' })) },
      'do not spell'
    ],
    [{ cell: null }, 'cannot be written as a cell']
  ])('is refused with a reason: %j', async (changes, words) => {
    expect(await at(changes, ' Clara')).toEqual({ reason: expect.stringContaining(words) });
  });

  it('is refused if the notebook was saved before results had the head of a cell', async () => {
    const { cell: _cell, ...earlier } = resultOf('names');
    const answer = await loadedAnswer('names');
    Object.assign(answer.result, earlier);
    delete answer.result.cell;
    expect(branchAt(answer, 1, 0)).toEqual({ reason: expect.stringContaining('earlier version') });
  });

  it('names its tokens where the server has numbered them', async () => {
    const answer = await loadedAnswer('names', 0, { model: 'a/b', cell: HEAD });
    const { vocabulary } = answer;
    vocabulary.modelId = id => 100 + id;
    const other = vocabulary.texts.indexOf(' Clara');
    const first = 100 + answer.token(0).id;
    expect(branchAt(answer, 1, other)).toEqual({
      tokens: [first, 100 + other],
      cell: `%%chat a/b --extra prefill_tokens=${first},${100 + other}\nuser: Who?\nassistant: 3. Clara`
    });
    vocabulary.modelId = id => (id === other ? 7 : null);
    expect(branchAt(answer, 1, other)).toEqual({
      tokens: null,
      cell: '%%chat a/b\nuser: Who?\nassistant: 3. Clara'
    });
  });

  it('goes on from the tokens of the prefill', async () => {
    const changes = { model: 'a/b', cell: HEAD, prefill: 'Names: ', prefill_tokens: '5,6' };
    const answer = await loadedAnswer('names', 0, changes);
    answer.vocabulary.modelId = () => 1;
    expect(branchAt(answer, 1, answer.vocabulary.texts.indexOf(' Clara'))).toEqual({
      tokens: [5, 6, 1, 1],
      cell: expect.stringContaining('--extra prefill_tokens=5,6,1,1\n')
    });
  });

  it('is refused for part of a character', async () => {
    const answer = await loadedAnswer('wave', 0, { model: 'a/b', cell: HEAD });
    expect(branchAt(answer, 0, 0)).toEqual({
      reason: expect.stringContaining('part of a character')
    });
  });
});

describe('continuing from an answer', () => {
  const answerWith = async (
    choice: object = {},
    changes: Partial<PayloadResult> = {}
  ): Promise<Answer> => {
    const choices = resultOf('names').choices.map(each => ({ ...each, text: 'Ada', ...choice }));
    return loadedAnswer('names', 0, { cell: HEAD, choices, ...changes });
  };

  it('leaves the user’s message to be written', async () => {
    expect(continuationCell(await answerWith())).toBe(
      '%%chat a/b\nuser: Who?\nassistant: Ada\nuser: '
    );
  });

  it('takes the prefill as the beginning of the answer', async () => {
    const answer = await answerWith({ text: ' Ada' }, { prefill: 'It is' });
    expect(continuationCell(answer)).toContain('\nassistant: It is Ada\nuser: ');
  });

  it('is written as JSON if a block cannot hold the answer', async () => {
    const cell = continuationCell(await answerWith({ text: '\nAda' }));
    expect(JSON.parse(cell.slice('%%chat\n'.length))).toEqual({
      model: 'a/b',
      messages: [
        { role: 'assistant', content: '\nAda' },
        { role: 'user', content: '' }
      ]
    });
  });

  it.each([
    [{}, { request: { ...resultOf('names').request, is_whole: false } }, 'attachments'],
    [{ tool_calls: [{ id: 'c', name: 'f', arguments: '{}' }] }, {}, 'tool calls'],
    [{ text: '' }, {}, 'no answer']
  ])('is refused with a reason: %j %j', async (choice, changes, words) => {
    expect(continueDisabledReason(await answerWith(choice, changes))).toContain(words);
    expect(continueDisabledReason(await answerWith())).toBeNull();
  });
});

describe('the prompt tokens of a branch', () => {
  const usage = { prompt_tokens: 31, completion_tokens: 5, total_tokens: 36, reasoning_tokens: 0 };
  const single = async (changes: Partial<PayloadResult>): Promise<Answer> => {
    const answer = await loadedAnswer('names', 0, { usage, rounds: [], ...changes });
    answer.result.choices = answer.result.choices.slice(0, 1);
    return answer;
  };

  it('are those of the request and of the answer up to the token', async () => {
    const answer = await single({});
    expect([0, 1].map(index => branchPromptTokens(answer, index))).toEqual([32, 33]);
  });

  it('are not known without usage, after tool calls, or where tokens are left out', async () => {
    const round = { text: '', tool_runs: [] };
    expect(branchPromptTokens(await single({ usage: null }), 0)).toBeNull();
    expect(branchPromptTokens(await single({ rounds: [round] }), 0)).toBeNull();
    const answer = await single({});
    answer.choice.metrics.n_missing = 1;
    expect(branchPromptTokens(answer, 0)).toBeNull();
  });
});
