import { describe, expect, it } from 'vitest';
import {
  commonWarnings,
  gridTitle,
  namedGridTitle,
  numberedTitle,
  readComparison,
  type Comparison
} from '../../src/result/comparison';
import type { Payload, PayloadComparison, PayloadTree } from '../../src/result/payloadTypes';
import { comparisonOf, inspectorCase, wire } from '../fixtures';

const payloads = wire<Record<'four' | 'grid' | 'diff', Payload>>('comparison.json');

function read(payload: Payload): Comparison {
  const comparison = readComparison(payload);
  if (!comparison) {
    throw new Error('there is no comparison');
  }
  return comparison;
}

describe('a comparison', () => {
  it('has the texts of its answers and where they diverge', () => {
    const { answers } = comparisonOf('four');
    const outlined = answers.map(({ text, start, end }) => text.slice(start, end));
    expect(answers.map(({ title }) => title)).toEqual(['0', '1', '2', '3']);
    expect(outlined).toEqual(['Charlotte', 'Clara', 'Charlotte', 'Charlotte']);
  });

  it('does not exist for a single answer', () => {
    expect(readComparison({ ...inspectorCase('names').payload, comparison: null })).toBeNull();
    expect(readComparison({ ...payloads.four, comparison: null })).toBeNull();
  });

  it('exists for a grid even with fewer than two answers', () => {
    const { answers, groups } = read({ ...payloads.grid, comparison: null });
    expect(answers[0]?.title).toBe('0 · formal');
    expect(groups).toEqual(answers.map((_answer, index) => [index]));
  });

  const stored = payloads.four.comparison as PayloadComparison;
  const [answer] = stored.answers;
  const [tree] = stored.trees;
  const treeWith = (changes: object): PayloadTree[] =>
    tree ? [{ ...tree, nodes: tree.nodes.slice(0, 1).map(node => ({ ...node, ...changes })) }] : [];
  it.each<[string, Partial<PayloadComparison>]>([
    ['an answer of a missing result', { answers: answer ? [{ ...answer, result: 9 }] : [] }],
    ['an answer in two groups', { groups: [[0, 2], [1, 2], [3]] }],
    ['an answer in no group', { groups: [[0, 2], [1]] }],
    ['a base that is not an answer', { base: 4 }],
    ['a tree of a missing result', { trees: tree ? [{ ...tree, result: 5 }] : [] }],
    ['a tree with a cycle', { trees: treeWith({ parent: 0 }) }],
    ['a node with a missing answer', { trees: treeWith({ answers: [7] }) }]
  ])('is not drawn with %s', (_about, changes) => {
    const comparison = { ...stored, ...changes };
    expect(readComparison({ ...payloads.four, comparison })).toBeNull();
  });

  it('has the warnings that all its results share once', () => {
    const results = payloads.grid.results.map((result, index) => ({
      ...result,
      warnings: index ? ['all', 'some'] : ['all']
    }));
    expect(commonWarnings(read({ ...payloads.grid, results }))).toEqual(['all']);
  });
});

it('names a run by its coordinates', () => {
  const coordinates = [
    { name: 'temperature', title: '0.5' },
    { name: 'tone', title: 'formal' }
  ];
  expect(gridTitle(coordinates)).toBe('0.5 · formal');
  expect(namedGridTitle(coordinates)).toBe('temperature 0.5 · tone formal');
});

it.each([
  ['2', '2'],
  ['result 2', 'result 2'],
  ['result 1', '2: result 1'],
  ['openai/gpt-4o', '2: openai/gpt-4o'],
  ['temperature 2', '2: temperature 2']
])('numbers the title %s, unless it is the number', (title, named) => {
  const [answer] = comparisonOf('four').answers;
  expect(answer && numberedTitle({ ...answer, title, number: 2 })).toBe(named);
});
