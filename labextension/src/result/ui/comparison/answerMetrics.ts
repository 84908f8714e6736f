/** Figures of an answer by which tables sort and cells are shaded. */

import type { ComparedAnswer, Comparison } from '../../comparison';
import { percent } from '../../tokenFormat';
import type { PayloadMetrics } from '../../payload';
import { metricValue } from '../../answerOrder';

export interface AnswerMetric {
  name: string;
  title: string;
  value: (answer: ComparedAnswer) => number | null;
  write: (value: number) => string;
}

function metric(
  key: keyof PayloadMetrics,
  name: string,
  title: string,
  write: (value: number) => string
): AnswerMetric {
  return { name, title, write, value: answer => metricValue(answer, key) };
}

const decimals = (value: number): string => value.toFixed(2).replace('-', '−');

const METRICS: AnswerMetric[] = [
  metric('n_tokens', 'tokens', 'tokens of the answer', value => value.toLocaleString('en')),
  metric('perplexity', 'perplexity', 'exp of the mean surprisal; 1 is sure', decimals),
  metric('mean_logprob', 'mean logprob', 'nats a token; 0 is sure', decimals),
  metric('joint_logprob', 'joint logprob', 'nats of the whole answer', decimals),
  metric('min_prob', 'least sure', 'probability of the least sure token', percent),
  metric('bits_per_byte', 'bits/byte', 'comparable across models and their tokenizers', decimals)
];

/** Return the figures that at least one answer has. */
export function availableMetrics({ results, answers }: Comparison): AnswerMetric[] {
  const took = ({ result }: ComparedAnswer): number | null => {
    const seconds = results[result].result.timing?.total_s;
    return seconds === undefined ? null : 1000 * seconds;
  };
  const cost = ({ result }: ComparedAnswer): number | null => results[result].result.cost ?? null;
  const taken: AnswerMetric[] = [
    { name: 'ms', title: 'milliseconds that the whole request took', value: took, write: round },
    { name: 'cost', title: 'dollars for the whole request', value: cost, write: dollars }
  ];
  const all = [...METRICS, ...(results.length > 1 ? taken : [])];
  return all.filter(({ value }) => answers.some(answer => value(answer) !== null));
}

function round(value: number): string {
  return Math.round(value).toLocaleString('en');
}

function dollars(value: number): string {
  return `$${value.toPrecision(2)}`;
}
