/** Metrics of an answer by which tables are sorted and cells are shaded. */

import type { ComparedAnswer, Comparison } from '../../comparison';
import { itemAt } from '../../indexing';
import { count, nats, percent } from '../../tokenFormat';
import type { PayloadMetrics } from '../../payloadTypes';
import { metricValue } from '../../answerOrder';

export interface AnswerMetric {
  name: string;
  title: string;
  value: (answer: ComparedAnswer) => number | null;
  write: (value: number) => string;
  /** What precedes the value of an answer: the sign of a bound. */
  prefix?: (answer: ComparedAnswer) => string;
}

function metric(
  key: keyof PayloadMetrics,
  name: string,
  title: string,
  write: (value: number) => string
): AnswerMetric {
  return { name, title, write, value: answer => metricValue(answer, key) };
}

const JOINT_TITLE = 'nats of the whole answer; an upper bound (≤) where tokens lack a probability';

const METRICS: AnswerMetric[] = [
  metric('n_tokens', 'tokens', 'tokens of the answer', count),
  metric('perplexity', 'perplexity', 'exp of the mean surprisal; 1 is certain', nats),
  metric('mean_logprob', 'mean logprob', 'nats per token; 0 is certain', nats),
  {
    ...metric('joint_logprob', 'joint logprob', JOINT_TITLE, nats),
    prefix: ({ answer }) => (answer.choice.metrics.n_missing ? '≤ ' : '')
  },
  metric('min_prob', 'least sure', 'probability of the least sure token', percent),
  metric('bits_per_byte', 'bits/byte', 'comparable across models and their tokenizers', nats)
];

/** Write a metric of an answer, with the sign of a bound where it is one; empty if unknown. */
export function metricText({ value, write, prefix }: AnswerMetric, answer: ComparedAnswer): string {
  const number = value(answer);
  return number === null ? '' : `${prefix?.(answer) ?? ''}${write(number)}`;
}

/** Return the metrics that at least one answer has. */
export function availableMetrics({ results, answers }: Comparison): AnswerMetric[] {
  const milliseconds = ({ result }: ComparedAnswer): number | null => {
    const seconds = itemAt(results, result).result.timing.total_s;
    return Number.isFinite(seconds) ? 1000 * seconds : null;
  };
  const cost = ({ result }: ComparedAnswer): number | null => itemAt(results, result).result.cost;
  const requestMetrics: AnswerMetric[] = [
    { name: 'ms', title: 'milliseconds for the whole request', value: milliseconds, write: round },
    { name: 'cost', title: 'dollars for the whole request', value: cost, write: dollars }
  ];
  const all = [...METRICS, ...(results.length > 1 ? requestMetrics : [])];
  return all.filter(({ value }) => answers.some(answer => value(answer) !== null));
}

function round(value: number): string {
  return count(Math.round(value));
}

function dollars(value: number): string {
  return `$${value.toPrecision(2)}`;
}
