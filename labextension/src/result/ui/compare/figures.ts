/** Figures of an answer by which tables sort and cells are shaded. */

import type { Compared, Comparison } from '../../comparison';
import { percent } from '../../format';
import type { PayloadMetrics } from '../../payload';
import { figureOf } from '../../ranking';

export interface Figure {
  name: string;
  title: string;
  value: (answer: Compared) => number | null;
  write: (value: number) => string;
}

function metric(
  key: keyof PayloadMetrics,
  name: string,
  title: string,
  write: (value: number) => string
): Figure {
  return { name, title, write, value: answer => figureOf(answer, key) };
}

const decimals = (value: number): string => value.toFixed(2).replace('-', '−');

const METRICS: Figure[] = [
  metric('n_tokens', 'tokens', 'tokens of the answer', value => value.toLocaleString('en')),
  metric('perplexity', 'perplexity', 'exp of the mean surprisal; 1 is sure', decimals),
  metric('mean_logprob', 'mean logprob', 'nats a token; 0 is sure', decimals),
  metric('joint_logprob', 'joint logprob', 'nats of the whole answer', decimals),
  metric('min_prob', 'least sure', 'probability of the least sure token', percent),
  metric('bits_per_byte', 'bits/byte', 'comparable across models and their tokenizers', decimals)
];

/** Return the figures that at least one answer has. */
export function figuresOf({ results, answers }: Comparison): Figure[] {
  const took = ({ result }: Compared): number | null => {
    const seconds = results[result].result.timing?.total_s;
    return seconds === undefined ? null : 1000 * seconds;
  };
  const cost = ({ result }: Compared): number | null => results[result].result.cost ?? null;
  const taken: Figure[] = [
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
