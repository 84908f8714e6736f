/** Which of five bins a piece of an answer is painted in, by the chosen metric. */

import constants from '../constants.json';
import type { Answer } from './answer';
import { itemAt } from './indexing';
import type { TokenSegment } from './segments';
import { bits } from './tokenMetrics';
import { isSpecial, type Piece } from './tokens';

export type MetricName =
  | 'probability'
  | 'surprisal'
  | 'rank'
  | 'gap'
  | 'entropy'
  | 'surprisal − entropy'
  | 'arrival'
  | 'type';
export type Aggregate = 'least sure' | 'mean' | 'joint';

export const AGGREGATES: Aggregate[] = ['least sure', 'mean', 'joint'];

export interface HeatmapMetric {
  name: MetricName;
  /** Where the bins 1 to 4 begin; a value up to the first edge is not painted. */
  edges: number[];
  labels: string[];
  /** Its value for a piece, larger being less sure; null if unknown. */
  value: (answer: Answer, piece: Piece) => number | null;
}

/** The bin of pieces whose value is unknown. */
export const UNKNOWN_BIN = 5;

/** Bits that the bounds of an entropy may be apart for it to be compared with a surprisal. */
const MAX_WIDTH_BITS = 1;

const surprisalOf = (answer: Answer, index: number): number | null => {
  const { logprob } = answer.token(index);
  return logprob === null ? null : bits(logprob);
};
const surprisal = largest(surprisalOf);

export const HEATMAP_METRICS: HeatmapMetric[] = [
  {
    name: 'probability',
    edges: constants.binEdges.map(edge => -Math.log2(edge)),
    labels: ['≥ 50%', '25–50', '10–25', '3–10', '< 3'],
    value: surprisal
  },
  {
    name: 'surprisal',
    edges: [1, 2, 3.5, 5],
    labels: ['≤ 1 bit', '1–2', '2–3.5', '3.5–5', '> 5'],
    value: surprisal
  },
  {
    name: 'rank',
    edges: [1, 2, 4, 8],
    labels: ['1st', '2nd', '3rd–4th', '5th–8th', 'lower'],
    value: largest(rankOf)
  },
  {
    name: 'gap',
    edges: [0, 1, 2, 4],
    labels: ['0 bits', '≤ 1', '1–2', '2–4', '> 4'],
    value: largest((answer, index) => {
      const { gap } = answer.metrics(index);
      return gap === null ? null : bits(-gap);
    })
  },
  {
    name: 'entropy',
    edges: [0.5, 1, 2, 3],
    labels: ['≤ 0.5 bits', '0.5–1', '1–2', '2–3', '> 3'],
    value: largest((answer, index) => answer.metrics(index).entropy?.low ?? null)
  },
  {
    name: 'surprisal − entropy',
    edges: [0, 1, 2, 4],
    labels: ['≤ 0 bits', '≤ 1', '1–2', '2–4', '> 4'],
    value: largest(excessOf)
  },
  {
    name: 'arrival',
    edges: [50, 100, 250, 1000],
    labels: ['≤ 50 ms', '50–100', '100–250', '250–1000', '> 1 s'],
    value: largest((answer, index) => answer.token(index).wait)
  },
  {
    name: 'type',
    edges: [0, 1, 2, 3],
    labels: ['word', 'number', 'punctuation', 'space', 'special'],
    value: (_answer, { text }) => typeOf(text)
  }
];

/** Return a metric by its name. */
export function heatmapMetric(name: MetricName): HeatmapMetric {
  return itemAt(
    HEATMAP_METRICS,
    HEATMAP_METRICS.findIndex(metric => metric.name === name)
  );
}

/** Make the value of a piece out of that of a token: the largest; null if one is unknown. */
function largest(
  value: (answer: Answer, index: number) => number | null
): (answer: Answer, piece: Piece) => number | null {
  return (answer, { start, end }) => {
    let most: number | null = null;
    for (let index = start; index < end; index += 1) {
      const next = value(answer, index);
      if (next === null) {
        return null;
      }
      most = most === null ? next : Math.max(most, next);
    }
    return most;
  };
}

/** A token that is not listed ranks below all that are. */
function rankOf(answer: Answer, index: number): number | null {
  const { rank, listed } = answer.metrics(index);
  return rank ?? (listed ? listed + 1 : null);
}

/** How much more surprising a token was than expected, by the lower bound of what was expected. */
function excessOf(answer: Answer, index: number): number | null {
  const { entropy } = answer.metrics(index);
  const surprisal = surprisalOf(answer, index);
  return surprisal === null || !entropy || entropy.high - entropy.low > MAX_WIDTH_BITS
    ? null
    : surprisal - entropy.low;
}

/** Return which type of text it is, by its place in the labels; a word may hold other characters. */
function typeOf(text: string): number {
  const types = [/[\p{L}\p{M}]/u, /\p{N}/u, /\S/];
  const type = types.findIndex(type => type.test(text));
  return isSpecial(text) ? 4 : type < 0 ? types.length : type;
}

/** Return the bin of a value: 0 is not painted. */
export function binOf(metric: HeatmapMetric, value: number | null): number {
  return value === null ? UNKNOWN_BIN : metric.edges.filter(edge => value > edge + 1e-9).length;
}

/** Tell whether a piece has a bin: JSON's own marks and text that the server removed say no doubt. */
export function isPainted(metric: HeatmapMetric, piece: Piece): boolean {
  return metric.name === 'arrival' || metric.name === 'type' || !piece.isUncounted;
}

/**
 * Return the bin of every piece; with segments, all pieces of a segment have the same bin.
 *
 * What is not painted is in the first bin.
 */
export function binPieces(
  metric: HeatmapMetric,
  answer: Answer,
  segments: readonly TokenSegment[] | null,
  aggregate: Aggregate
): Uint8Array {
  const { pieces } = answer;
  const values = pieces.map(piece =>
    isPainted(metric, piece) ? metric.value(answer, piece) : undefined
  );
  if (!segments) {
    return Uint8Array.from(values, value => (value === undefined ? 0 : binOf(metric, value)));
  }
  const bins = new Uint8Array(values.length);
  for (const { first, last } of segments) {
    const painted = values.slice(first, last + 1).filter(value => value !== undefined);
    const by = metric.name === 'type' ? 'least sure' : aggregate; // a mean of types is none
    const bin = painted.length ? binOf(metric, aggregated(painted, by)) : 0;
    bins.fill(bin, first, last + 1);
  }
  return bins;
}

/** Count the painted pieces of each bin; with segments, only those that are in one. */
export function countBins(
  metric: HeatmapMetric,
  answer: Answer,
  segments: readonly TokenSegment[] | null,
  bins: Uint8Array
): number[] {
  const counts = new Array<number>(UNKNOWN_BIN + 1).fill(0);
  for (const { first, last } of segments ?? [{ first: 0, last: bins.length - 1 }]) {
    bins.subarray(first, last + 1).forEach((bin, index) => {
      if (isPainted(metric, answer.piece(first + index))) {
        counts[bin] = (counts[bin] ?? 0) + 1;
      }
    });
  }
  return counts;
}

function aggregated(values: readonly (number | null)[], aggregate: Aggregate): number | null {
  const known = values.filter(value => value !== null);
  if (known.length === 0) {
    return null;
  }
  const sum = known.reduce((total, value) => total + value, 0);
  return { joint: sum, mean: sum / known.length, 'least sure': Math.max(...known) }[aggregate];
}
