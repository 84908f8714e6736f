/** Whether tokens look sampled from the reported probabilities; as `sampling_z` in Python. */

import constants from '../constants.json';
import type { ResultModel } from './answer';
import type { Alternative } from './tokenMetrics';

/** Tokens that the test requires, and the distance from 0 at which it is significant. */
const LEAST_TOKENS = 50;
const SIGNIFICANT = 3;
/** Unseen probability below which the alternatives represent the whole distribution. */
const SMALL_RESIDUAL = 0.01;

/**
 * Say why other settings cannot be applied to the tokens of results; null if they can.
 *
 * The alternatives must be loaded.
 */
export function whatIfFault(results: readonly ResultModel[]): string | null {
  if (results.every(({ block }) => block === null)) {
    return 'there are no alternatives: ask with --top-logprobs 10';
  }
  for (const model of results) {
    const { temperature } = model.result.request.parameters;
    if (typeof temperature !== 'number' || temperature === 1) {
      continue;
    }
    const rows = model.choices.flatMap(answer =>
      answer.tokens.map((_token, index) => answer.alternatives(index))
    );
    const z = samplingZ(rows);
    if (z !== null && Math.abs(z) < SIGNIFICANT) {
      return `the probabilities are already those after temperature ${temperature}, as the tokens look sampled from them (z ${z.toFixed(1)}): ask with --temperature 1`;
    }
  }
  return null;
}

/** Return the sum of surprisal less entropy over its standard deviation; null if it says nothing. */
export function samplingZ(rows: readonly (readonly Alternative[])[]): number | null {
  let excess = 0;
  let variance = 0;
  let count = 0;
  for (const row of rows) {
    const moments = momentsOf(row);
    if (moments) {
      excess += moments.surprisal - moments.entropy;
      variance += moments.varentropy;
      count += 1;
    }
  }
  return count < LEAST_TOKENS || variance === 0 ? null : excess / Math.sqrt(variance);
}

interface Moments {
  surprisal: number;
  /** Its lower bound. */
  entropy: number;
  varentropy: number;
}

/** Return the moments of a distribution in nats; null unless nearly all of it is listed. */
function momentsOf(row: readonly Alternative[]): Moments | null {
  const own = row.find(entry => entry.isChosen)?.logprob ?? null;
  const known = row.flatMap(entry => (entry.logprob === null ? [] : [entry.logprob]));
  const top = row.filter(entry => !entry.isExtra && entry.logprob !== null);
  const residual = Math.max(0, 1 - known.reduce((sum, value) => sum + Math.exp(value), 0));
  if (own === null || top.length < 2 || residual >= SMALL_RESIDUAL) {
    return null;
  }
  const floor = Math.min(...top.map(entry => entry.logprob ?? 0));
  const unseen = Math.max(constants.vocabularySize - known.length, 1);
  const packed = Math.min(Math.floor(residual / Math.exp(floor)), unseen);
  const rest = Math.max(0, residual - packed * Math.exp(floor));
  const masses = [
    ...known.map(value => ({ mass: Math.exp(value), logprob: value })),
    { mass: packed * Math.exp(floor), logprob: floor },
    { mass: rest, logprob: rest > 0 ? Math.log(rest) : 0 }
  ];
  const entropy = masses.reduce((sum, { mass, logprob }) => sum - mass * logprob, 0);
  const varentropy = masses.reduce(
    (sum, { mass, logprob }) => sum + mass * (logprob + entropy) ** 2,
    0
  );
  return { surprisal: -own, entropy, varentropy };
}
