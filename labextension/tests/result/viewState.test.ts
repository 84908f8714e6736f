import { describe, expect, it } from 'vitest';
import type { Comparison } from '../../src/result/comparison';
import { availableViews, readViewState } from '../../src/result/viewState';
import { comparisonOf } from '../fixtures';

describe('a view state', () => {
  const four = comparisonOf('four');
  const withAnswers = (count: number): Comparison => ({
    ...four,
    answers: Array.from({ length: count }, () => four.answers)
      .flat()
      .slice(0, count)
  });

  it.each([
    ['columns for a few answers', withAnswers(12), 'columns'],
    ['a table from 13 answers on', withAnswers(13), 'table'],
    ['a matrix for a grid', comparisonOf('grid'), 'matrix'],
    ['columns for a diff', comparisonOf('diff'), 'columns']
  ])('is initially %s', (_about, comparison, view) => {
    expect(readViewState(null, comparison).view).toBe(view);
  });

  it('is initially the diff that the payload asks for', () => {
    const state = readViewState(null, comparisonOf('diff'));
    expect(state).toMatchObject({ isDiff: true, base: 1, by: 'sentence' });
  });

  it('is restored as far as it is still possible', () => {
    const stored = { view: 'matrix', isDiff: true, base: 3, by: 'token', order: 'best', chosen: 2 };
    expect(readViewState(stored, four)).toEqual({
      view: 'columns',
      isDiff: true,
      base: 3,
      by: 'token',
      order: 'most frequent',
      chosen: 2
    });
  });

  it('is the initial one if the stored one makes no sense', () => {
    const stored = { view: '__proto__', isDiff: 'yes', base: 99, by: 1, order: {}, chosen: -1 };
    expect(readViewState(stored, four)).toEqual(readViewState('tokens', four));
  });

  it('offers a tree of answers with tokens, and a matrix of a grid', () => {
    expect(availableViews({ ...four, trees: [] })).toEqual(['columns', 'list', 'table']);
    expect(availableViews(four)).toContain('tree');
    expect(availableViews(comparisonOf('grid'))).toContain('matrix');
  });
});
