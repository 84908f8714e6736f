import { describe, expect, it } from 'vitest';
import {
  binOf,
  binPieces,
  countBins,
  heatmapMetric,
  isPainted,
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

  it('count no piece outside of the segments', async () => {
    const answer = await loadedAnswer('names');
    const bins = Uint8Array.of(0, 1);
    const second = { name: '0', start: 6, end: 12, first: 1, last: 1 };
    const none = new Array<number>(UNKNOWN_BIN - 1).fill(0);
    expect(countBins(PROBABILITY, answer, null, bins)).toEqual([1, 1, ...none]);
    expect(countBins(PROBABILITY, answer, [second], bins)).toEqual([0, 1, ...none]);
    expect(countBins(PROBABILITY, answer, [], bins)).toEqual([0, 0, ...none]);
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
  expect(heatmapMetric('rank').value(answer, answer.piece(0))).toBe(3);
});

describe('surprisal − entropy', () => {
  /** Return the value of a token of this probability where the entropy has these bounds. */
  async function excess(prob: number, low: number, high: number): Promise<number | null> {
    const answer = await loadedAnswer('names');
    answer.token(1).logprob = Math.log(prob);
    Object.assign(answer.metrics(1), { entropy: { low, high } });
    return heatmapMetric('surprisal − entropy').value(answer, answer.piece(1));
  }

  it.each([
    [0.25, 1.5, 2.5, 0.5],
    [0.5, 2, 2, -1],
    [0.125, 0, 0.9, 3]
  ])('of %d where it is %d to %d bits: %d', async (prob, low, high, expected) => {
    expect(await excess(prob, low, high)).toBeCloseTo(expected);
  });

  it('is unknown where the bounds are more than a bit apart', async () => {
    expect(await excess(0.25, 1, 2.1)).toBeNull();
  });

  it('is not painted where a token was as surprising as expected', () => {
    const metric = heatmapMetric('surprisal − entropy');
    expect([-3, 0, 0.5, 1.5, 3, 5].map(value => binOf(metric, value))).toEqual([0, 0, 1, 2, 3, 4]);
  });
});

describe('the type of a token', () => {
  const metric = heatmapMetric('type');

  it.each([
    [' naïve', 'word'],
    ['e\u0301', 'word'],
    ['3rd', 'word'],
    [' 42', 'number'],
    ['²', 'number'],
    ['.\n', 'punctuation'],
    ['👋', 'punctuation'],
    ['\n\n', 'space'],
    ['\u00a0', 'space'],
    ['<|im_end|>', 'special']
  ])('%j: %s', async (text, expected) => {
    const answer = await loadedAnswer('names');
    const bin = binOf(metric, metric.value(answer, { ...answer.piece(0), text }));
    expect(metric.labels[bin]).toBe(expected);
  });

  it('is that of the last label in a segment, however values are aggregated', async () => {
    const answer = await loadedAnswer('names');
    const segment = { name: '0', start: 0, end: 12, first: 0, last: 1 };
    answer.piece(1).isUncounted = true;
    expect([...binPieces(metric, answer, [segment], 'joint')]).toEqual([1, 1]);
  });
});
