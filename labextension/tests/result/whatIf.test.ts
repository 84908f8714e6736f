import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Alternative } from '../../src/result/tokenMetrics';
import {
  answerWhatIf,
  AS_REPORTED,
  changesNothing,
  expectedAgreement,
  whatIf,
  type Sampling
} from '../../src/result/whatIf';
import { wire } from '../fixtures';

interface Cases {
  vocabulary: number;
  tokens: { alternatives: number[]; chosen: number; unlisted?: number }[];
  cases: {
    about: string;
    settings: Record<string, number>;
    expected: { low: number; high: number; cut: boolean | null }[];
  }[];
}

const WIRE = wire<Cases>('what_if.json');

function rowOf({ alternatives, chosen, unlisted }: Cases['tokens'][number]): Alternative[] {
  const probs = unlisted === undefined ? alternatives : [...alternatives, unlisted];
  return probs.map((prob, id) => ({
    id,
    logprob: Math.log(prob),
    status: 'ok',
    isChosen: id === chosen,
    isExtra: id >= alternatives.length
  }));
}

function samplingOf(settings: Record<string, number>): Sampling {
  return {
    temperature: settings.temperature ?? 1,
    topP: settings.top_p ?? 1,
    topK: settings.top_k ?? null,
    minP: settings.min_p ?? 0
  };
}

describe('the bounds', () => {
  it.each(WIRE.cases)('are those worked out by hand: $about', ({ settings, expected }) => {
    WIRE.tokens.forEach((token, index) => {
      const found = whatIf(rowOf(token), samplingOf(settings), WIRE.vocabulary);
      expect(found?.low).toBeCloseTo(expected[index]?.low ?? NaN, 9);
      expect(found?.high).toBeCloseTo(expected[index]?.high ?? NaN, 9);
      expect(found?.cut).toBe(expected[index]?.cut);
    });
  });

  it('are unknown without a probability or alternatives', () => {
    const [token] = WIRE.tokens;
    const row = token ? rowOf(token) : [];
    expect(whatIf([], AS_REPORTED)).toBeNull();
    expect(
      whatIf(
        row.map(entry => ({ ...entry, logprob: null })),
        AS_REPORTED
      )
    ).toBeNull();
    expect(
      whatIf(
        row.map(entry => ({ ...entry, isExtra: true })),
        AS_REPORTED
      )
    ).toBeNull();
  });

  it('never cross, and contain the truth of any distribution', () => {
    const steps = fc.array(fc.double({ min: 0, max: 2, noNaN: true }), {
      minLength: 3,
      maxLength: 30
    });
    fc.assert(
      fc.property(steps, fc.nat(), fc.nat(), fc.constantFrom(0.3, 0.7, 1, 1.5), (gaps, k, c, t) => {
        let sum = 0;
        const weights = gaps.map(gap => Math.exp(-(sum += gap)));
        const total = weights.reduce((a, b) => a + b, 0);
        const probs = weights.map(weight => weight / total);
        const listed = 1 + (k % (probs.length - 1));
        const index = c % probs.length;
        const row = rowOf({
          alternatives: probs.slice(0, listed),
          chosen: Math.min(index, listed),
          ...(index < listed ? {} : { unlisted: probs[index] ?? 0 })
        });
        const powers = probs.map(prob => prob ** (1 / t));
        const truth = (powers[index] ?? 0) / powers.reduce((a, b) => a + b, 0);
        const found = whatIf(row, { ...AS_REPORTED, temperature: t }, probs.length);
        expect(found?.low).toBeLessThanOrEqual((found?.high ?? 0) + 0);
        expect(found?.low).toBeLessThanOrEqual(truth + 1e-7);
        expect(found?.high).toBeGreaterThanOrEqual(truth - 1e-7);
      })
    );
  });
});

describe('a whole answer', () => {
  it('is as probable as its tokens together', () => {
    const bounds = { low: 0.5, high: 0.75, cut: false };
    const answer = answerWhatIf([bounds, bounds]);
    expect(Math.exp(answer?.low ?? NaN)).toBeCloseTo(0.25);
    expect(Math.exp(answer?.high ?? NaN)).toBeCloseTo(0.5625);
    expect(answerWhatIf([bounds, null])).toBeNull();
  });

  it('agrees with others as often as the squares say', () => {
    const exact = (prob: number) => ({ low: Math.log(prob), high: Math.log(prob) });
    expect(expectedAgreement([exact(0.5), exact(0.5)])).toEqual([0.5, 0.5]);
    const [low, high] = expectedAgreement([exact(0.5), exact(0.25)]);
    expect(low).toBeCloseTo(0.3125);
    expect(high).toBeCloseTo(0.375);
  });
});

it('tells which settings change nothing', () => {
  expect(changesNothing(AS_REPORTED)).toBe(true);
  expect(changesNothing({ ...AS_REPORTED, topK: 40 })).toBe(false);
});
