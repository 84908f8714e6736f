import { describe, expect, it } from 'vitest';
import { nodeCell, nodeWords, percentOf, readTree } from '../../src/result/distribution';
import { distributionOf, nodeOf } from '../fixtures';

describe('the tree of a distribution', () => {
  it('joins the texts on the way to each node', () => {
    const root = readTree(distributionOf());
    expect(root?.children.map(({ whole }) => whole)).toEqual(['Par', 'x']);
    expect(root?.children[0]?.children.map(({ whole }) => whole)).toEqual(['Paris', 'Par']);
  });

  it('is null without nodes', () => {
    expect(readTree({ ...distributionOf(), nodes: [] })).toBeNull();
  });
});

it.each([
  [{ text: 'a\nb' }, 'a⏎b'],
  [{ text: ' ' }, '␣'],
  [{ text: '', ending: 'end' as const }, '(end)'],
  [{ text: 'a', ending: 'cut' as const }, 'a… (cut)']
])('names a node: %j', (changes, words) => {
  expect(nodeWords(nodeOf(changes))).toBe(words);
});

it.each([
  [0.5, '50 %'],
  [0.0123, '1.2 %']
])('formats a probability: %f', (prob, words) => {
  expect(percentOf(prob)).toBe(words);
});

describe('the cell of a node', () => {
  const paris = readTree(distributionOf())?.children[0]?.children[0];

  it('continues from its text, and names its tokens', () => {
    expect(paris && nodeCell(distributionOf(), paris)).toEqual({
      cell: '%%chat a/b --extra prefill_tokens=1,2\nuser: Who?\nassistant: So: Paris'
    });
  });

  it.each([
    [{ tokens: '' }, { cell: '%%chat a/b\nuser: Who?\nassistant: So: Paris' }],
    [{ is_text: false }, { reason: 'this text ends inside a character' }],
    [{ whole: '' }, { reason: 'there is no text to continue from' }]
  ])('or not: %j', (changes, expected) => {
    expect(paris && nodeCell(distributionOf(), { ...paris, ...changes })).toEqual(expected);
  });

  it('is refused where the request has no cell', () => {
    const distribution = { ...distributionOf(), cell: null };
    expect(paris && nodeCell(distribution, paris)).toEqual({
      reason: 'the request cannot be written as a cell'
    });
  });
});
