/** Numbers over a token and what else could have come; chat_magic/analysis/metrics.py has their sources. */

import type { Status } from './payload';

export interface Alternative {
  id: number;
  /** Nats; null without a measurement. */
  logprob: number | null;
  status: Status;
  isChosen: boolean;
  /** Whether it is the token that came, from outside the most probable ones. */
  isExtra: boolean;
}

export interface TokenMetrics {
  /** 1 for the most probable; null where the token lay outside of what was listed. */
  rank: number | null;
  /** How many the server listed as the most probable. */
  listed: number;
  /** How far below the most probable one, in nats. */
  gap: number | null;
  /** Probability of all that is not listed. */
  residual: number | null;
  /** The entropy in bits is no less and no more; null with fewer than two alternatives. */
  entropy: { low: number; high: number } | null;
  isForced: boolean;
}

export const VOCABULARY_SIZE = 200_000;
const FORCED_PROB = 1 - 1e-6;
const FORBIDDEN_LOGPROB = -50;

/** Return the surprisal in bits. */
export function bits(logprob: number): number {
  return logprob === 0 ? 0 : -logprob / Math.LN2;
}

/** Measure a token against a row of alternatives that holds it too. */
export function tokenMetrics(logprob: number | null, row: readonly Alternative[]): TokenMetrics {
  const known = row.flatMap(entry => (entry.logprob === null ? [] : [entry.logprob]));
  const mass = known.reduce((sum, value) => sum + Math.exp(value), 0);
  const isListed = row.some(entry => entry.isChosen && !entry.isExtra);
  const listed = row.filter(entry => !entry.isExtra).length;
  const most = listed && known.length ? Math.max(...known) : null;
  return {
    rank: logprob === null || !isListed ? null : 1 + known.filter(each => each > logprob).length,
    listed,
    gap: logprob === null || most === null ? null : Math.max(0, most - logprob),
    residual: known.length ? Math.max(0, 1 - mass) : null,
    entropy: entropy(row, known, mass),
    isForced: logprob !== null && isForced(logprob, row)
  };
}

function entropy(
  row: readonly Alternative[],
  known: number[],
  mass: number
): { low: number; high: number } | null {
  const top = row.filter(entry => !entry.isExtra);
  const floors = top.flatMap(entry => (entry.logprob === null ? [] : [entry.logprob]));
  if (top.length < 2 || floors.length === 0) {
    return null;
  }
  const floor = Math.min(...floors);
  const residual = Math.max(0, 1 - mass);
  const unseen = Math.max(VOCABULARY_SIZE - known.length, 1);
  const size = Math.exp(floor);
  const packed = Math.min(size > 0 ? Math.floor(residual / size) : 0, unseen);
  const rest = Math.max(0, residual - packed * size);
  const seen = known.reduce((sum, value) => sum - Math.exp(value) * value, 0);
  const high = seen + information(residual) + residual * Math.log(unseen);
  const low = Math.min(seen - packed * size * floor + information(rest), high);
  return { low: Math.max(0, low / Math.LN2), high: Math.max(0, high / Math.LN2) };
}

function information(x: number): number {
  return x > 0 ? -x * Math.log(x) : 0;
}

function isForced(logprob: number, row: readonly Alternative[]): boolean {
  const others = row.filter(entry => !entry.isChosen);
  const isForbidden = (entry: Alternative): boolean =>
    entry.logprob === null ? entry.status !== 'missing' : entry.logprob <= FORBIDDEN_LOGPROB;
  return Math.exp(logprob) >= FORCED_PROB && others.length > 0 && others.every(isForbidden);
}

export interface RangeMetrics {
  /** Of the measured tokens, in nats. */
  joint: number;
  measured: number;
  tokens: number;
  least: number;
  /** Null when a token is not measured. */
  bitsPerByte: number | null;
}

/** Sum up a range of tokens. */
export function sumMetrics(logprobs: readonly (number | null)[], bytes: number): RangeMetrics {
  const known = logprobs.filter(value => value !== null);
  const joint = known.reduce((sum, value) => sum + value, 0);
  const isWhole = known.length === logprobs.length && bytes > 0;
  return {
    joint,
    measured: known.length,
    tokens: logprobs.length,
    least: Math.exp(known.reduce((least, value) => Math.min(least, value), 0)),
    bitsPerByte: isWhole ? bits(joint) / bytes : null
  };
}
