import { describe, expect, it } from 'vitest';
import { ResultModel } from '../../src/result/answer';
import { branchAt, whyNotOn, writeCell, writeNext, type Cell } from '../../src/result/nextCell';
import type { PayloadResult } from '../../src/result/payload';
import { wire, type Case } from '../fixtures';

const cases = wire<(Cell & { cell: string })[]>('branches.json');

it.each(cases.map(each => [each.prefill, each] as const))(
  'writes the cell that begins %j',
  (_, each) => {
    expect(writeCell(each)).toBe(each.cell);
  }
);

describe('a branch', () => {
  const names = wire<Record<string, Case>>('inspector.json').names.payload.results[0];
  const at = async (changes: Partial<PayloadResult>, alternative: string) => {
    const answers = new ResultModel({ ...names, model: 'a/b', ...changes });
    await answers.load();
    return branchAt(answers.choices[0], 1, answers.vocabulary.texts.indexOf(alternative));
  };

  it('begins with all that came before, and the prefill before that', async () => {
    expect(await at({ prefill: 'Names: ' }, ' Clara')).toEqual({ prefill: 'Names: 3. Clara' });
  });

  it.each([
    [{ model: 'openai/gpt-4o' }, 'OpenAI'],
    [{ request: { ...names.request, is_whole: false } }, 'attachments'],
    [{ choices: [{ ...names.choices[0], text: 'else' }] }, 'do not spell']
  ])('is refused with a reason: %j', async (changes, words) => {
    expect(await at(changes, ' Clara')).toEqual({ reason: expect.stringContaining(words) });
  });

  it('is refused for a piece of a character', () => {
    const answers = new ResultModel({
      ...wire<Record<string, Case>>('inspector.json').wave.payload.results[0],
      model: 'a/b'
    });
    expect(branchAt(answers.choices[0], 0, 0)).toHaveProperty('reason');
  });
});

describe('going on after an answer', () => {
  const names = wire<Record<string, Case>>('inspector.json').names.payload.results[0];
  const messages = [{ role: 'user', content: 'Who?' }];
  const after = (request: object, choice: object = {}, prefill = '') =>
    new ResultModel({
      ...names,
      model: 'a/b',
      prefill,
      request: { messages, parameters: {}, extra: {}, is_whole: true, ...request },
      choices: [{ ...names.choices[0], text: 'Ada', ...choice }]
    }).choices[0];

  it('leaves the user’s turn to be written', () => {
    expect(writeNext(after({ parameters: { n: 3, stream: true } }))).toBe(
      '%%chat a/b --n 3\nuser: Who?\nassistant: Ada\nuser: '
    );
  });

  it('takes the prefill for the beginning of the answer', () => {
    const begun = [...messages, { role: 'assistant', content: 'It is' }];
    expect(writeNext(after({ messages: begun }, { text: ' Ada' }, 'It is'))).toBe(
      '%%chat a/b\nuser: Who?\nassistant: It is Ada\nuser: '
    );
  });

  it('is written as JSON where a block has no form for it', () => {
    const cell = writeNext(after({}, { text: '\nAda' }));
    expect(JSON.parse(cell.slice('%%chat\n'.length)).messages).toEqual([
      ...messages,
      { role: 'assistant', content: '\nAda' },
      { role: 'user', content: '' }
    ]);
  });

  it.each([
    [{ is_whole: false }, {}, 'attachments'],
    [{}, { tool_calls: [{ id: 'c', name: 'f', arguments: '{}' }] }, 'calls'],
    [{}, { text: '' }, 'no answer']
  ])('is refused with a reason: %j %j', (request, choice, words) => {
    expect(whyNotOn(after(request, choice))).toContain(words);
    expect(whyNotOn(after({}))).toBeNull();
  });
});
