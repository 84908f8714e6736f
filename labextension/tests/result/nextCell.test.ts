import { describe, expect, it } from 'vitest';
import {
  appendMessages,
  branchAt,
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
      cell: '%%chat a/b\nuser: Who?\nassistant: Names: 3. Clara'
    });
  });

  it.each([
    [{ model: 'openai/gpt-4o' }, 'OpenAI'],
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
