/**
 * What recorded tokens would have been worth under other sampling settings, as bounds.
 *
 * The rules are those of chat_magic/analysis/what_if.py, which gives their sources.
 */

import constants from '../constants.json';
import type { Alternative } from './tokenMetrics';

export interface Sampling {
  /** 0 and up; 0 always takes the most probable token. */
  temperature: number;
  /** 0 to 1. */
  topP: number;
  /** Null keeps all tokens. */
  topK: number | null;
  /** 0 to 1. */
  minP: number;
}

/** A sampled token under other settings. */
export interface WhatIf {
  /** Bounds of its probability. */
  low: number;
  high: number;
  /** Whether the settings exclude it; null if that is not known. */
  cut: boolean | null;
}

/** The settings that leave every distribution as the model gives it. */
export const AS_REPORTED: Sampling = { temperature: 1, topP: 1, topK: null, minP: 0 };

/** Probability, or nats, within which a token counts as being on a threshold. */
const ROUNDING = 1e-9;

/** What is known of the distribution at a sampled token. */
export interface KnownTokens {
  /** The log probabilities of the listed tokens, falling. */
  listed: number[];
  /** Index of the sampled token among them; -1 if it was not listed. */
  chosen: number;
  own: number;
  first: number;
  /** The least of the listed. */
  floor: number;
  residual: number;
  /** How many tokens are neither listed nor sampled. */
  unseen: number;
}

/** What the cuts so far have left, given that they left the sampled token. */
interface Kept {
  /** How many of the listed tokens are surely, and perhaps, kept. */
  surely: number;
  perhaps: number;
  /** Bounds of the probability of the unseen tokens that are kept. */
  low: number;
  high: number;
  cut: boolean | null;
}

/** Tell whether no token is cut. */
function keepsAll({ topP, topK, minP }: Sampling): boolean {
  return !topK && topP >= 1 && minP === 0;
}

/** Tell whether settings leave every distribution as it is. */
export function changesNothing(sampling: Sampling): boolean {
  return sampling.temperature === 1 && keepsAll(sampling);
}

/**
 * Bound the probability that a sampled token would have had.
 *
 * The row has the alternatives by falling probability, the token itself among them or after them.
 * Null if the token has no probability, or no alternatives were listed.
 */
export function whatIf(
  row: readonly Alternative[],
  sampling: Sampling,
  vocabulary: number = constants.vocabularySize
): WhatIf | null {
  const known = readKnown(row, vocabulary);
  return known && whatIfOf(known, sampling);
}

/** Bound the probability that a sampled token would have had, as `whatIf`. */
export function whatIfOf(known: KnownTokens, sampling: Sampling): WhatIf {
  if (changesNothing(sampling)) {
    const prob = Math.exp(known.own);
    return { low: prob, high: prob, cut: false };
  }
  if (sampling.temperature === 0) {
    const isFirst = known.chosen === 0;
    return { low: Number(isFirst), high: Number(isFirst), cut: !isFirst };
  }
  let kept = topK(known, sampling.topK === 0 ? null : sampling.topK);
  if (sampling.topP < 1) {
    kept = topP(known, kept, sampling.topP);
  }
  if (sampling.minP > 0) {
    kept = minP(known, kept, sampling.minP);
  }
  return tempered(known, kept, sampling);
}

/** Read a row once for many settings; null if nothing is known. */
export function readKnown(
  row: readonly Alternative[],
  vocabulary: number = constants.vocabularySize
): KnownTokens | null {
  const own = row.find(entry => entry.isChosen)?.logprob ?? null;
  const top = row.filter(entry => !entry.isExtra && entry.logprob !== null);
  const listed = top.map(entry => entry.logprob ?? 0);
  if (own === null || listed.length === 0) {
    return null;
  }
  const chosen = top.findIndex(entry => entry.isChosen);
  const all = chosen < 0 ? [...listed, own] : listed;
  const mass = all.reduce((sum, value) => sum + Math.exp(value), 0);
  return {
    listed,
    chosen,
    own,
    first: Math.max(...all),
    floor: Math.min(...listed),
    residual: Math.max(0, 1 - mass),
    unseen: Math.max(vocabulary - all.length, 1)
  };
}

/** Keep the K most probable tokens; beyond those that are listed, the largest unseen ones. */
function topK(known: KnownTokens, most: number | null): Kept {
  const { listed, chosen, own, floor, residual, unseen } = known;
  if (most === null) {
    const count = listed.length;
    return { surely: count, perhaps: count, low: residual, high: residual, cut: false };
  }
  const count = Math.min(most, listed.length);
  const further = most - count;
  const before = Math.min(Math.floor(residual / Math.exp(own)), unseen);
  const isSurelyIn = before < further ? false : further > 0 ? null : true;
  const others = Math.min(Math.max(further - Number(chosen < 0), 0), unseen);
  return {
    surely: count,
    perhaps: count,
    low: (residual * others) / unseen,
    high: Math.min(residual, others * Math.exp(floor)),
    cut: chosen < 0 ? isSurelyIn : chosen >= count
  };
}

/** Keep the most probable tokens until they reach a share of what is left, the last included. */
function topP(known: KnownTokens, kept: Kept, share: number): Kept {
  const { chosen, own, floor } = known;
  const probs = known.listed.slice(0, kept.perhaps).map(Math.exp);
  const listed = probs.reduce((sum, prob) => sum + prob, 0);
  const mass = listed + (chosen < 0 ? Math.exp(own) : 0);
  const [low, high] = [share * (mass + kept.low), share * (mass + kept.high)];
  const surely = Math.min(kept.surely, reaching(probs, low));
  const perhaps = reaching(probs, high);
  const isReached = listed >= high - ROUNDING;
  const most = Math.min(kept.high, Math.max(0, high - mass) + Math.exp(floor));
  const cut =
    chosen < 0
      ? cutOf(listed + kept.high < low - ROUNDING, listed < high - ROUNDING)
      : cutOf(chosen < surely, chosen < perhaps);
  return {
    surely,
    perhaps,
    low: isReached ? 0 : Math.max(0, low - mass),
    high: isReached ? 0 : most,
    cut: worse(kept.cut, cut)
  };
}

/** Return how many probabilities it takes to reach a sum: at least one. */
function reaching(probs: readonly number[], sum: number): number {
  let before = 0;
  let count = 0;
  for (const prob of probs) {
    if (count > 0 && before >= sum - ROUNDING) {
      break;
    }
    before += prob;
    count += 1;
  }
  return count;
}

/** Leave out what is less probable than a share of the most probable token. */
function minP(known: KnownTokens, kept: Kept, share: number): Kept {
  const least = known.first + Math.log(share) - ROUNDING;
  const enough = known.listed.filter(logprob => logprob >= least).length;
  return {
    surely: Math.min(kept.surely, enough),
    perhaps: Math.min(kept.perhaps, enough),
    low: 0,
    high: least > known.floor ? 0 : kept.high,
    cut: worse(kept.cut, known.own < least)
  };
}

/** Return p^b / (S + R), all relative to the most probable token, whose power may underflow. */
function tempered(known: KnownTokens, kept: Kept, sampling: Sampling): WhatIf {
  const power = 1 / sampling.temperature;
  const weight = (logprob: number): number => Math.exp(power * (logprob - known.first));
  const sum = (count: number): number =>
    known.listed.slice(0, count).reduce((total, logprob) => total + weight(logprob), 0);
  const own = weight(known.own);
  const outside = known.chosen < 0 ? own : 0;
  const certain = known.chosen < 0 ? kept.perhaps : Math.max(kept.surely, known.chosen + 1);
  const [restLow, restHigh] = unseenWeight(known, kept, power, keepsAll(sampling));
  const first = own / (sum(kept.perhaps) + outside + restHigh);
  const second = Math.min(1, own / (sum(Math.min(certain, kept.perhaps)) + outside + restLow));
  return {
    low: kept.cut === false ? Math.min(first, second) : 0,
    high: kept.cut === true ? 0 : Math.max(first, second),
    cut: kept.cut
  };
}

/** Return the bounds of R, relative to the power of the greatest probability. */
function unseenWeight(
  known: KnownTokens,
  kept: Kept,
  power: number,
  isWhole: boolean
): [number, number] {
  const { first, floor, residual, unseen } = known;
  const relative = (logprob: number): number => Math.exp((power - 1) * (logprob - first) - first);
  const ofAverage = relative(Math.log(Math.max(residual, Number.MIN_VALUE) / unseen));
  const ofLargest = relative(floor);
  const packed = packedWeight(known, power);
  if (power >= 1) {
    const high = times(kept.high, ofLargest);
    return [times(kept.low, ofAverage), isWhole ? Math.min(high, packed) : high];
  }
  const low = times(kept.low, ofLargest);
  return [isWhole ? Math.max(low, packed) : low, times(kept.high, ofAverage)];
}

/** Return R where the unseen tokens are as large as they can be. */
function packedWeight({ first, floor, residual, unseen }: KnownTokens, power: number): number {
  const size = Math.exp(floor);
  const count = size > 0 ? Math.min(Math.floor(residual / size), unseen) : 0;
  const rest = Math.max(0, residual - count * size);
  return count * Math.exp(power * (floor - first)) + (rest * Math.exp(-first)) ** power;
}

/** Multiply; nothing of anything, however much, is nothing. */
function times(mass: number, factor: number): number {
  return mass === 0 ? 0 : mass * factor;
}

function cutOf(isSurelyKept: boolean, isPerhapsKept: boolean): boolean | null {
  return isSurelyKept ? false : isPerhapsKept ? null : true;
}

/** Tell whether a token is cut by one or the other; null if that is not known. */
function worse(one: boolean | null, other: boolean | null): boolean | null {
  if (one === true || other === true) {
    return true;
  }
  return one === null || other === null ? null : false;
}

/** The bounds of a whole answer's log probability; null if a token's are not known. */
export interface AnswerWhatIf {
  low: number;
  high: number;
}

/** Sum up the bounds of an answer's tokens. */
export function answerWhatIf(tokens: readonly (WhatIf | null)[]): AnswerWhatIf | null {
  let low = 0;
  let high = 0;
  for (const token of tokens) {
    if (!token) {
      return null;
    }
    low += Math.log(token.low);
    high += Math.log(token.high);
  }
  return { low, high };
}

/**
 * Bound the probability that two answers agree, from the distinct answers among those sampled.
 *
 * It is the sum of the squares of all answers' probabilities; those that were not sampled have what
 * the others leave, and agree most if one of them has all of it.
 */
export function expectedAgreement(answers: readonly AnswerWhatIf[]): [number, number] {
  const low = answers.map(answer => Math.exp(answer.low));
  const high = answers.map(answer => Math.exp(answer.high));
  const squares = (probs: number[]): number => probs.reduce((sum, prob) => sum + prob * prob, 0);
  const rest = Math.max(0, 1 - low.reduce((sum, prob) => sum + prob, 0));
  return [squares(low), Math.min(1, squares(high) + rest * rest)];
}
