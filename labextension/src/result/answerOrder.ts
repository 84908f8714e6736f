/** The orders in which answers can be viewed; none says which is the better one. */

import type { ComparedAnswer, Comparison } from './comparison';
import type { PayloadMetrics } from './payloadTypes';

export const ORDERS = [
  'most frequent',
  'original order',
  'mean logprob',
  'joint logprob',
  'least sure token'
] as const;

export type Order = (typeof ORDERS)[number];

export const ORDER_CAUTION =
  'The order of the answers. A higher probability means that the model was surer, not that the answer is better.';

const ORDER_METRIC: Partial<Record<Order, keyof PayloadMetrics>> = {
  'mean logprob': 'mean_logprob',
  'joint logprob': 'joint_logprob',
  'least sure token': 'min_prob'
};

/** Return a metric of an answer; null if unknown. */
export function metricValue(
  { answer }: ComparedAnswer,
  metric: keyof PayloadMetrics
): number | null {
  return answer.choice.metrics[metric] ?? null;
}

/** Return the groups of identical answers in an order; those without a value come last. */
export function orderedGroups({ answers, groups }: Comparison, order: Order): number[][] {
  const copy = [...groups];
  if (order === 'original order') {
    return copy.sort((a, b) => Math.min(...a) - Math.min(...b));
  }
  const metric = ORDER_METRIC[order];
  if (!metric) {
    return copy;
  }
  const highest = (group: readonly number[]): number =>
    Math.max(
      ...group.map(index => {
        const answer = answers[index];
        return (answer && metricValue(answer, metric)) ?? -Infinity;
      })
    );
  return copy.sort((a, b) => {
    const [first, second] = [highest(a), highest(b)];
    return first === second ? 0 : second - first;
  });
}
