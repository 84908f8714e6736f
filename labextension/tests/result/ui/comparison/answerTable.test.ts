// @vitest-environment jsdom
import { describe, expect, it, vi } from 'vitest';
import type { PayloadChoice } from '../../../../src/result/payloadTypes';
import { AnswerTable } from '../../../../src/result/ui/comparison/answerTable';
import { comparisonOf } from '../../../fixtures';
import { find, texts } from '../dom';

function draw(name: string, mark?: PayloadChoice['mark']) {
  const onOpen = vi.fn();
  const comparison = comparisonOf(name);
  if (mark) {
    comparison.answers.forEach(({ answer }) => (answer.choice.mark = mark));
  }
  const { node } = new AnswerTable(comparison, onOpen);
  const sort = (title: string): void =>
    Array.from(node.querySelectorAll<HTMLElement>('.chm-sort'))
      .find(each => each.textContent === title)
      ?.click();
  return { node, onOpen, sort, titles: () => texts(node, 'tbody th') };
}

describe('the table of answers', () => {
  it('has a row for each answer, with the number of identical ones', () => {
    const { node, titles } = draw('four');
    expect(titles()).toEqual(['0', '1', '2', '3']);
    expect(texts(node, 'tbody td:nth-child(2)')).toEqual(['×2', '', '×2', '']);
    expect(texts(node, 'thead th').slice(0, 4)).toEqual(['choice', '×', 'answer', 'finish']);
  });

  it('has the marks of checks beside the titles', () => {
    expect(draw('four', 'passed').titles()).toEqual(['✓ 0', '✓ 1', '✓ 2', '✓ 3']);
  });

  it('sorts by a heading, in the other direction at the second click', () => {
    const { node, sort, titles } = draw('four');
    sort('answer');
    const ascending = titles();
    expect(texts(node, '[aria-sort=ascending]')).toEqual(['answer']);
    sort('answer');
    expect(texts(node, '[aria-sort=descending]')).toEqual(['answer']);
    expect(ascending.at(-1)).toBe('1');
    expect(titles()[0]).toBe('1');
  });

  it('opens an answer', () => {
    const { node, onOpen } = draw('four');
    find(node, 'tbody tr:nth-child(2)').click();
    expect(onOpen).toHaveBeenCalledWith(1, find(node, 'tbody tr:nth-child(2) .chm-link'));
  });

  it('calls its rows runs if they have other titles', () => {
    expect(texts(draw('grid').node, 'thead th')[0]).toBe('run');
  });
});
