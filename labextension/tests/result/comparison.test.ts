import { describe, expect, it } from 'vitest';
import { commonWarnings, readComparison } from '../../src/result/comparison';
import { layOutGrid, isGrid } from '../../src/result/runGrid';
import { readViewState, availableViews } from '../../src/result/viewState';
import type { Payload, PayloadComparison } from '../../src/result/payload';
import { orderedGroups, type Order } from '../../src/result/answerOrder';
import { visibleRows } from '../../src/result/treeRows';
import { wire, type Case } from '../fixtures';

const payloads = wire<Record<'four' | 'grid' | 'diff', Payload>>('comparison.json');

function read(payload: Payload) {
  const comparison = readComparison(payload);
  if (!comparison) {
    throw new Error('there is nothing to compare');
  }
  return comparison;
}

describe('a comparison', () => {
  it('knows its answers by their texts and where they part', () => {
    const { answers } = read(payloads.four);
    const ringed = answers.map(({ text, start, end }) => text.slice(start, end));
    expect(answers.map(({ title }) => title)).toEqual(['0', '1', '2', '3']);
    expect(ringed).toEqual(['Charlotte', 'Clara', 'Charlotte', 'Charlotte']);
  });

  it('is none of a sole answer, or of what was stored before there were comparisons', () => {
    const old = wire<Record<string, Case>>('inspector.json').names.payload;
    expect(readComparison({ version: 1, results: old.results })).toBeNull();
    expect(readComparison({ ...payloads.four, comparison: null })).toBeNull();
  });

  it('is of a grid also where fewer than two answers came', () => {
    const { answers, groups } = read({ ...payloads.grid, comparison: null });
    expect(answers[0].title).toBe('0 · formal');
    expect(groups).toEqual(answers.map((_, place) => [place]));
  });

  const found = payloads.four.comparison as PayloadComparison;
  it.each<[string, Partial<PayloadComparison>]>([
    ['an answer of no result', { answers: [{ ...found.answers[0], result: 9 }] }],
    ['an answer in two groups', { groups: [[0, 2], [1, 2], [3]] }],
    ['an answer in no group', { groups: [[0, 2], [1]] }],
    ['a base that is no answer', { base: 4 }],
    [
      'a tree that bites its tail',
      { trees: [{ result: 0, nodes: [{ ...found.trees[0].nodes[0], parent: 0 }] }] }
    ],
    [
      'a node of no answer',
      { trees: [{ result: 0, nodes: [{ ...found.trees[0].nodes[0], answers: [7] }] }] }
    ]
  ])('is not drawn with %s', (_, changes) => {
    const comparison = { ...found, ...changes };
    expect(readComparison({ ...payloads.four, comparison })).toBeNull();
  });

  it('warns once of what all its results warn of', () => {
    const results = payloads.grid.results.map((result, place) => ({
      ...result,
      warnings: place ? ['all', 'some'] : ['all']
    }));
    expect(commonWarnings(read({ ...payloads.grid, results }))).toEqual(['all']);
  });
});

describe('an order', () => {
  const metrics = (mean: number | null) => ({
    n_tokens: 1,
    perplexity: null,
    mean_logprob: mean,
    joint_logprob: mean,
    bits_per_byte: null,
    min_prob: mean && Math.exp(mean)
  });
  const [result] = payloads.four.results;
  const means = [-0.5, null, -0.4, -0.1];
  const choices = result.choices.map((choice, place) => ({
    ...choice,
    metrics: metrics(means[place])
  }));
  const comparison = read({ ...payloads.four, results: [{ ...result, choices }] });

  it.each<[Order, number[][]]>([
    ['most frequent', [[0, 2], [1], [3]]],
    ['as they came', [[0, 2], [1], [3]]],
    ['mean logprob', [[3], [0, 2], [1]]],
    ['joint logprob', [[3], [0, 2], [1]]],
    ['least sure token', [[3], [0, 2], [1]]]
  ])('by %s puts what is not known last', (order, groups) => {
    expect(orderedGroups(comparison, order)).toEqual(groups);
  });

  it('as they came goes by the first of each group', () => {
    const groups = [[1, 3], [0], [2]];
    expect(orderedGroups({ ...comparison, groups }, 'as they came')).toEqual([[0], [1, 3], [2]]);
  });
});

describe('a look', () => {
  it('opens with columns, a matrix for a grid, a table for many, the diff if asked for', () => {
    const four = read(payloads.four);
    const many = { ...four, answers: Array.from({ length: 13 }, () => four.answers[0]) };
    const views = [four, many, read(payloads.grid), read(payloads.diff)].map(each =>
      readViewState(null, each)
    );
    expect(views.map(({ view }) => view)).toEqual(['columns', 'table', 'matrix', 'columns']);
    expect(views[3]).toMatchObject({ isDiff: true, base: 1, by: 'sentence' });
  });

  it('is remembered as far as it is still possible', () => {
    const stored = { view: 'matrix', isDiff: true, base: 3, by: 'token', order: 'best', chosen: 2 };
    expect(readViewState(stored, read(payloads.four))).toEqual({
      view: 'columns',
      isDiff: true,
      base: 3,
      by: 'token',
      order: 'most frequent',
      chosen: 2
    });
    const harm = { view: '__proto__', isDiff: 'yes', base: 99, by: 1, order: {}, chosen: -1 };
    expect(readViewState(harm, read(payloads.four))).toEqual(
      readViewState('tokens', read(payloads.four))
    );
  });

  it('offers a matrix of a grid, but not of models alone', () => {
    expect(availableViews(read(payloads.grid))).toContain('matrix');
    expect(isGrid([{ name: 'model', titles: ['a', 'b'] }])).toBe(false);
    expect(isGrid([{ name: 'seed', titles: ['1'] }])).toBe(true);
  });
});

it('lays a grid out with its last axis across and all others down', () => {
  const axes = [
    { name: 'a', titles: ['1', '2'] },
    { name: 'b', titles: ['x', 'y'] },
    { name: 'c', titles: ['p', 'q', 'r'] }
  ];
  const { rows, down, across } = layOutGrid(axes);
  expect([down.length, across.name]).toEqual([2, 'c']);
  expect(rows[2]).toEqual({ titles: ['2', 'x'], results: [6, 7, 8] });
});

describe('a tree', () => {
  const node = (parent: number) => ({
    parent,
    text: '',
    token_units: 0,
    count: 1,
    among: 1,
    low: 0,
    high: 1,
    prob: null,
    answers: []
  });
  const nodes = [-1, 0, 1, 1, 0].map(node);

  it('reads from the root down, each way before the next one', () => {
    expect(visibleRows(nodes, new Set()).map(({ node, level }) => [node, level])).toEqual([
      [0, 1],
      [1, 2],
      [2, 3],
      [3, 3],
      [4, 2]
    ]);
  });

  it('folds away what lies below a closed node', () => {
    const rows = visibleRows(nodes, new Set([1]));
    expect(rows.map(({ node }) => node)).toEqual([0, 1, 4]);
    expect(rows[2]).toMatchObject({ isLeaf: true, position: 2, size: 2 });
  });
});
