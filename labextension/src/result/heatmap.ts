/** Which of five bins a piece of an answer is painted in, by the metric that was chosen. */

import type { Answer } from './answer';
import { bits } from './tokenMetrics';
import type { Piece } from './tokens';
import type { TokenSegment } from './segments';

export type MetricName = 'probability' | 'surprisal' | 'rank' | 'gap' | 'entropy' | 'arrival';
export type Aggregate = 'least sure' | 'mean' | 'joint';

export const AGGREGATES: Aggregate[] = ['least sure', 'mean', 'joint'];

interface HeatmapMetric {
  name: MetricName;
  unit: string;
  /** Where the bins 1 to 4 begin; a value under the first edge is not painted. */
  edges: number[];
  labels: string[];
  needsAlternatives: boolean;
  /** Its value, larger being less sure; null where it is not known. */
  value: (answer: Answer, place: number) => number | null;
}

/** A bin for pieces whose value is not known. */
export const UNKNOWN_BIN = 5;

const surprisal = (answer: Answer, place: number): number | null => {
  const { logprob } = answer.tokens[place];
  return logprob === null ? null : bits(logprob);
};

export const METRICS: HeatmapMetric[] = [
  {
    name: 'probability',
    unit: '%',
    edges: [0.5, 0.25, 0.1, 0.03].map(edge => -Math.log2(edge)),
    labels: ['≥ 50 %', '25–50', '10–25', '3–10', '< 3'],
    needsAlternatives: false,
    value: surprisal
  },
  {
    name: 'surprisal',
    unit: 'bits',
    edges: [1, 2, 3.5, 5],
    labels: ['≤ 1 bit', '1–2', '2–3.5', '3.5–5', '> 5'],
    needsAlternatives: false,
    value: surprisal
  },
  {
    name: 'rank',
    unit: '',
    edges: [1, 2, 4, 8],
    labels: ['first', '2nd', '3–4', '5–8', 'later'],
    needsAlternatives: true,
    value: rankOf
  },
  {
    name: 'gap',
    unit: 'nats',
    edges: [0, 0.5, 1.5, 3],
    labels: ['0 nats', '< 0.5', '0.5–1.5', '1.5–3', '> 3'],
    needsAlternatives: true,
    value: (answer, place) => answer.metricsAt(place).gap
  },
  {
    name: 'entropy',
    unit: 'bits',
    edges: [0.5, 1, 2, 3],
    labels: ['≤ 0.5 bits', '0.5–1', '1–2', '2–3', '> 3'],
    needsAlternatives: true,
    value: (answer, place) => answer.metricsAt(place).entropy?.low ?? null
  },
  {
    name: 'arrival',
    unit: 'ms',
    edges: [50, 100, 250, 1000],
    labels: ['≤ 50 ms', '50–100', '100–250', '250–1000', '> 1 s'],
    needsAlternatives: false,
    value: (answer, place) => answer.tokens[place].wait
  }
];

/** Return a metric by its name. */
export function metricOf(name: MetricName): HeatmapMetric {
  return METRICS.find(metric => metric.name === name) ?? METRICS[0];
}

/** A token outside of what was listed comes after all of it. */
function rankOf(answer: Answer, place: number): number | null {
  const { rank, listed } = answer.metricsAt(place);
  return rank ?? (listed ? listed + 1 : null);
}

/** Return the bin of a value: 0 is not painted. */
export function binOf(metric: HeatmapMetric, value: number | null): number {
  return value === null ? UNKNOWN_BIN : metric.edges.filter(edge => value > edge + 1e-9).length;
}

/** Return the value of a piece: that of its least sure token. */
export function pieceValue(metric: HeatmapMetric, answer: Answer, piece: Piece): number | null {
  let most: number | null = null;
  for (let place = piece.start; place < piece.end; place += 1) {
    const value = metric.value(answer, place);
    if (value === null) {
      return null;
    }
    most = most === null ? value : Math.max(most, value);
  }
  return most;
}

/** Return the bin of every piece; where segments are given, all pieces of one have the same. */
export function binPieces(
  metric: HeatmapMetric,
  answer: Answer,
  segments: readonly TokenSegment[] | null,
  aggregate: Aggregate
): Uint8Array {
  const values = answer.pieces.map(piece => pieceValue(metric, answer, piece));
  if (!segments) {
    return Uint8Array.from(values, value => binOf(metric, value));
  }
  const bins = new Uint8Array(values.length);
  for (const { first, last } of segments) {
    const value = aggregated(values.slice(first, last + 1), aggregate);
    bins.fill(binOf(metric, value), first, last + 1);
  }
  return bins;
}

function aggregated(values: (number | null)[], aggregate: Aggregate): number | null {
  const known = values.filter(value => value !== null);
  if (known.length === 0) {
    return null;
  }
  const sum = known.reduce((total, value) => total + value, 0);
  return aggregate === 'joint'
    ? sum
    : aggregate === 'mean'
      ? sum / known.length
      : Math.max(...known);
}
