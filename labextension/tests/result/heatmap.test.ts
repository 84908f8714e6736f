import { describe, expect, it } from 'vitest';
import { ResultModel } from '../../src/result/answer';
import { bits, sumMetrics } from '../../src/result/tokenMetrics';
import { binOf, binPieces, METRICS, metricOf, UNKNOWN_BIN } from '../../src/result/heatmap';
import { wire, type Case } from '../fixtures';

const names = wire<Record<string, Case>>('inspector.json').names.payload.results[0];

describe('bins', () => {
  it.each([
    [0.5, 0],
    [0.4999, 1],
    [0.25, 1],
    [0.1, 2],
    [0.03, 3],
    [0.0299, 4]
  ])('of a probability of %d: %d', (prob, bin) => {
    expect(binOf(metricOf('probability'), bits(Math.log(prob)))).toBe(bin);
  });

  it('say when nothing is known', () => expect(binOf(METRICS[0], null)).toBe(UNKNOWN_BIN));

  it('are one for all pieces of a segment', async () => {
    const answers = new ResultModel(names);
    await answers.load();
    const both = [{ name: '0', start: 0, end: 12, first: 0, last: 1 }];
    expect([...binPieces(METRICS[0], answers.choices[0], null, 'joint')]).toEqual([0, 1]);
    expect([...binPieces(METRICS[0], answers.choices[0], both, 'least sure')]).toEqual([1, 1]);
    expect([...binPieces(METRICS[0], answers.choices[0], both, 'mean')]).toEqual([0, 0]);
    expect([...binPieces(metricOf('rank'), answers.choices[0], null, 'mean')]).toEqual([0, 0]);
  });
});

it('sums up a range', () => {
  const sums = sumMetrics([Math.log(0.5), Math.log(0.25)], 3);
  expect(sums.joint).toBeCloseTo(Math.log(0.125));
  expect(sums.bitsPerByte).toBeCloseTo(1);
  expect(sums.least).toBeCloseTo(0.25);
  expect(sumMetrics([null, -1], 2).bitsPerByte).toBeNull();
});
