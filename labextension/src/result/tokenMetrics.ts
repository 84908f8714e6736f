/** Metrics of a token and its alternatives; chat_magic/analysis/metrics.py gives their sources. */

import constants from '../constants.json';
import type { Status } from './payload';

export interface Alternative {
  id: number;
  /** Nats; null if not measured. */
  logprob: number | null;
  status: Status;
  isChosen: boolean;
  /** Whether it is the token of the answer, from outside the most probable ones. */
  isExtra: boolean;
}

export interface TokenMetrics {
  /** 1 for the most probable; null if the token is not among those listed. */
  rank: number | null;
  /** How many tokens the server listed as the most probable. */
  listed: number;
  /** The distance to the most probable token, in nats. */
  gap: number | null;
  /** The probability of all tokens that are not listed. */
  residual: number | null;
  /** Bounds of the entropy in bits; null with fewer than two alternatives. */
  entropy: { low: number; high: number } | null;
  isForced: boolean;
}

/** Return the surprisal in bits. */
export function bits(logprob: number): number {
  return logprob === 0 ? 0 : -logprob / Math.LN2;
}

/** Compute the metrics of a token from a row of alternatives that includes it. */
export function tokenMetrics(logprob: number | null, row: readonly Alternative[]): TokenMetrics {
  const known = row.flatMap(entry => (entry.logprob === null ? [] : [entry.logprob]));
  const mass = known.reduce((sum, value) => sum + Math.exp(value), 0);
  const isListed = row.some(entry => entry.isChosen && !entry.isExtra);
  const listed = row.filter(entry => !entry.isExtra).length;
  const most = listed && known.length ? Math.max(...known) : null;
  return {
    rank: logprob === null || !isListed ? null : 1 + known.filter(value => value > logprob).length,
    listed,
    gap: logprob === null || most === null ? null : Math.max(0, most - logprob),
    residual: known.length ? Math.max(0, 1 - mass) : null,
    entropy: entropyBounds(row, known, mass),
    isForced: logprob !== null && isForced(logprob, row)
  };
}

function entropyBounds(
  row: readonly Alternative[],
  known: readonly number[],
  mass: number
): { low: number; high: number } | null {
  const top = row.filter(entry => !entry.isExtra);
  const floors = top.flatMap(entry => (entry.logprob === null ? [] : [entry.logprob]));
  if (top.length < 2 || floors.length === 0) {
    return null;
  }
  const floor = Math.min(...floors);
  const residual = Math.max(0, 1 - mass);
  const unseen = Math.max(constants.vocabularySize - known.length, 1);
  const size = Math.exp(floor);
  const packed = Math.min(size > 0 ? Math.floor(residual / size) : 0, unseen);
  const rest = Math.max(0, residual - packed * size);
  const seen = known.reduce((sum, value) => sum - Math.exp(value) * value, 0);
  const high = seen + information(residual) + residual * Math.log(unseen);
  const low = Math.min(seen - packed * size * floor + information(rest), high);
  return { low: Math.max(0, low / Math.LN2), high: Math.max(0, high / Math.LN2) };
}

function information(probability: number): number {
  return probability > 0 ? -probability * Math.log(probability) : 0;
}

function isForced(logprob: number, row: readonly Alternative[]): boolean {
  const others = row.filter(entry => !entry.isChosen);
  return (
    Math.exp(logprob) >= constants.forcedProb && others.length > 0 && others.every(isForbidden)
  );
}

/** Tell whether an alternative has next to no probability. */
export function isForbidden({ logprob, status }: Alternative): boolean {
  return logprob === null ? status !== 'missing' : logprob <= constants.forbiddenLogprob;
}

export interface RangeMetrics {
  /** The sum of the measured log probabilities, in nats. */
  joint: number;
  measured: number;
  tokens: number;
  /** The lowest probability. */
  lowest: number;
  /** Null if a token is not measured. */
  bitsPerByte: number | null;
}

/** Sum up the log probabilities of a range of tokens. */
export function rangeMetrics(logprobs: readonly (number | null)[], bytes: number): RangeMetrics {
  const known = logprobs.filter(value => value !== null);
  const joint = known.reduce((sum, value) => sum + value, 0);
  const isWhole = known.length === logprobs.length && bytes > 0;
  return {
    joint,
    measured: known.length,
    tokens: logprobs.length,
    lowest: Math.exp(known.reduce((lowest, value) => Math.min(lowest, value), 0)),
    bitsPerByte: isWhole ? bits(joint) / bytes : null
  };
}
