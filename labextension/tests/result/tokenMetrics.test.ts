import { describe, expect, it } from 'vitest';
import {
  bits,
  isForbidden,
  rangeMetrics,
  tokenMetrics,
  type Alternative
} from '../../src/result/tokenMetrics';
import { ResultModel } from '../../src/result/answer';
import { inspectorCase, wire, type InspectorCase } from '../fixtures';

const NAMES = Object.keys(wire<Record<string, InspectorCase>>('inspector.json'));

function alternative(changes: Partial<Alternative>): Alternative {
  return { id: 0, logprob: -1, status: 'ok', isChosen: false, isExtra: false, ...changes };
}

function expectClose(actual: number | null, expected: number | null, by: number): void {
  if (actual === null || expected === null) {
    expect(actual).toBe(expected);
  } else {
    expect(Math.abs(actual - expected)).toBeLessThan(by);
  }
}

it.each(NAMES)('are those of the table in Python: %s', async name => {
  const { payload, rows } = inspectorCase(name);
  const models = payload.results.map(result => new ResultModel(result));
  await Promise.all(models.map(model => model.load()));
  const tokens = models.flatMap(model =>
    model.choices.flatMap(answer => answer.tokens.map((_token, index) => answer.metrics(index)))
  );
  expect(tokens.length).toBe(rows.length);
  rows.forEach((row, index) => {
    const metrics = tokens[index];
    expect([metrics?.rank, metrics?.isForced]).toEqual([row.rank, row.is_forced]);
    expectClose(metrics?.gap ?? null, row.gap_nats, 0.005);
    expectClose(metrics?.residual ?? null, row.mass_residual, 0.005);
    expectClose(metrics?.entropy?.low ?? null, row.entropy_bits_low, 0.1);
    expectClose(metrics?.entropy?.high ?? null, row.entropy_bits_high, 0.1);
  });
});

describe('the metrics of a token', () => {
  it('are unknown without alternatives', () => {
    expect(tokenMetrics(-1, [])).toEqual({
      rank: null,
      listed: 0,
      gap: null,
      residual: null,
      entropy: null,
      isForced: false
    });
  });

  it('say that a grammar forced a token whose alternatives are all forbidden', () => {
    const row = [alternative({ isChosen: true, logprob: 0 }), alternative({ logprob: -60 })];
    expect(tokenMetrics(0, row).isForced).toBe(true);
    expect(tokenMetrics(0, row.slice(0, 1)).isForced).toBe(false);
  });
});

it.each([
  [{ logprob: -49 }, false],
  [{ logprob: -50 }, true],
  [{ logprob: null, status: 'masked' as const }, true],
  [{ logprob: null, status: 'missing' as const }, false]
])('tells whether %j is forbidden', (changes, answer) => {
  expect(isForbidden(alternative(changes))).toBe(answer);
});

it('converts nats to bits', () => {
  expect(bits(Math.log(0.25))).toBeCloseTo(2);
  expect(bits(0)).toBe(0);
});

it('sums up a range', () => {
  const metrics = rangeMetrics([Math.log(0.5), Math.log(0.25)], 3);
  expect(metrics.joint).toBeCloseTo(Math.log(0.125));
  expect(metrics.bitsPerByte).toBeCloseTo(1);
  expect(metrics.lowest).toBeCloseTo(0.25);
  expect(rangeMetrics([null, -1], 2)).toMatchObject({ measured: 1, bitsPerByte: null });
});
