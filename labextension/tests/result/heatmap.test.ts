import { describe, expect, it } from 'vitest';
import {
  binOf,
  binPieces,
  heatmapMetric,
  isPainted,
  pieceValue,
  UNKNOWN_BIN,
  type Aggregate
} from '../../src/result/heatmap';
import { bits } from '../../src/result/tokenMetrics';
import { loadedAnswer } from '../fixtures';

const PROBABILITY = heatmapMetric('probability');

describe('bins', () => {
  it.each([
    [0.5, 0],
    [0.4999, 1],
    [0.25, 1],
    [0.1, 2],
    [0.03, 3],
    [0.0299, 4]
  ])('of a probability of %d: %d', (prob, bin) => {
    expect(binOf(PROBABILITY, bits(Math.log(prob)))).toBe(bin);
  });

  it('tell when a value is unknown', () => expect(binOf(PROBABILITY, null)).toBe(UNKNOWN_BIN));

  it('are those of the pieces without segments', async () => {
    const answer = await loadedAnswer('names');
    expect([...binPieces(PROBABILITY, answer, null, 'joint')]).toEqual([0, 1]);
    expect([...binPieces(heatmapMetric('rank'), answer, null, 'mean')]).toEqual([0, 0]);
  });

  it.each<[Aggregate, number]>([
    ['least sure', 1],
    ['mean', 0],
    ['joint', 1]
  ])('are equal in a segment: %s', async (aggregate, bin) => {
    const segment = { name: '0', start: 0, end: 12, first: 0, last: 1 };
    const bins = binPieces(PROBABILITY, await loadedAnswer('names'), [segment], aggregate);
    expect([...bins]).toEqual([bin, bin]);
  });
});

it('leaves plain what does not tell how sure the model was, but for its arrival', async () => {
  const answer = await loadedAnswer('names');
  const segment = { name: '0', start: 0, end: 12, first: 0, last: 1 };
  answer.piece(1).isUncounted = true;
  expect([...binPieces(PROBABILITY, answer, null, 'joint')]).toEqual([0, 0]);
  expect([...binPieces(PROBABILITY, answer, [segment], 'joint')]).toEqual([0, 0]);
  expect(isPainted(PROBABILITY, answer.piece(1))).toBe(false);
  expect(isPainted(heatmapMetric('arrival'), answer.piece(1))).toBe(true);
});

it('ranks a token that is not listed below those that are', async () => {
  const answer = await loadedAnswer('outside');
  expect(pieceValue(heatmapMetric('rank'), answer, answer.piece(0))).toBe(3);
});
