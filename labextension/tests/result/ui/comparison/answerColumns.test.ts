// @vitest-environment jsdom
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Comparison } from '../../../../src/result/comparison';
import { AnswerColumns } from '../../../../src/result/ui/comparison/answerColumns';
import { readViewState, type ViewState } from '../../../../src/result/viewState';
import { comparisonOf } from '../../../fixtures';
import { find, MARKDOWN_OPTIONS, texts, usePage } from '../dom';

beforeEach(usePage);

async function draw(comparison: Comparison, state: Partial<ViewState> = {}) {
  const cells: string[] = [];
  const chosen: number[] = [];
  const messages: string[] = [];
  const insert = (text: string): Promise<string> => {
    cells.push(text);
    return Promise.resolve('inserted below');
  };
  const columns = new AnswerColumns(
    comparison,
    MARKDOWN_OPTIONS,
    insert,
    () => {},
    index => chosen.push(index),
    message => messages.push(message)
  );
  const { node } = columns.stage;
  document.body.append(node);
  await columns.stage.setMode('text');
  const show = (more: Partial<ViewState>) =>
    columns.show({ ...readViewState(null, comparison), view: 'columns', ...more });
  await show(state);
  return { columns, node, show, cells, chosen, messages };
}

describe('columns', () => {
  it('share a column for identical answers, in the order of the state', async () => {
    const { node, show } = await draw(comparisonOf('four'));
    expect(texts(node, '.chm-choice strong')).toEqual(['0', '1', '3']);
    await show({ order: 'original order' });
    expect(texts(node, '.chm-count')).toEqual(['×2']);
  });

  it('mark the base, and show the changes of the others', async () => {
    const { node } = await draw(comparisonOf('four'), { isDiff: true, base: 1, by: 'word' });
    expect(texts(node, '.chm-base strong')).toEqual(['1']);
    expect(texts(node, '.chm-changes del')).toEqual(['Clara', 'Clara']);
  });

  it.each([
    ['four', '1', 1],
    ['four', '9', null],
    ['grid', '1', 1],
    ['grid', '0', 0]
  ])('of %s stand for the digit %s: %s', async (name, digit, index) => {
    const { columns } = await draw(comparisonOf(name));
    expect(columns.indexByDigit(digit)).toBe(index);
  });

  it('list their differences, which take the focus', async () => {
    const { columns } = await draw(comparisonOf('four'));
    const targets = columns.diffTargets();
    expect(targets.map(({ description }) => description)).toEqual([
      'diverges at “Charlotte”',
      'diverges at “Clara”',
      'diverges at “Charlotte”'
    ]);
    targets[1]?.go();
    expect(document.activeElement?.textContent).toBe('Clara');
  });

  it('continue from an answer, and report it', async () => {
    const { node, cells, chosen, messages } = await draw(comparisonOf('four'));
    find(node, '.chm-continue').click();
    await vi.waitFor(() => expect(chosen).toEqual([0]));
    expect(messages).toEqual(['inserted below']);
    expect(cells[0]).toMatch(/Charlotte\nuser: $/);
    expect(texts(node, '.chm-continue')[0]).toBe('Continue from this answer');
  });

  it('cannot continue from an answer of an earlier version', async () => {
    const comparison = comparisonOf('four');
    comparison.results.forEach(({ result }) => delete result.cell);
    const { node } = await draw(comparison);
    expect(find(node, '.chm-continue').title).toContain('earlier version');
    expect(find(node, '.chm-continue')).toHaveProperty('disabled', true);
  });

  it('show failed runs after the answers', async () => {
    const { node } = await draw(comparisonOf('grid'));
    expect(texts(node, '.chm-choice').at(-1)).toContain('the server said 429');
  });
});
