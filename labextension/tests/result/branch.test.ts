import { describe, expect, it } from 'vitest';
import { Answers } from '../../src/result/answer';
import { branchAt, writeCell, type Cell } from '../../src/result/branch';
import type { PayloadResult } from '../../src/result/payload';
import { wire, type Case } from './fixtures';

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
    const answers = new Answers({ ...names, model: 'a/b', ...changes });
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
    const answers = new Answers({
      ...wire<Record<string, Case>>('inspector.json').wave.payload.results[0],
      model: 'a/b'
    });
    expect(branchAt(answers.choices[0], 0, 0)).toHaveProperty('reason');
  });
});
