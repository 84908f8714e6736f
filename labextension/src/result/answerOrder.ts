/** The orders in which answers can be looked at; none says which is the better one. */

import type { ComparedAnswer, Comparison } from './comparison';
import type { PayloadMetrics } from './payload';

export type Order =
  'most frequent' | 'as they came' | 'mean logprob' | 'joint logprob' | 'least sure token';

export const ORDERS: Order[] = [
  'most frequent',
  'as they came',
  'mean logprob',
  'joint logprob',
  'least sure token'
];

export const ORDER_CAUTION =
  'The order of the answers. A higher probability says that the model was surer, not that the answer is better.';

const ORDER_METRIC: Partial<Record<Order, keyof PayloadMetrics>> = {
  'mean logprob': 'mean_logprob',
  'joint logprob': 'joint_logprob',
  'least sure token': 'min_prob'
};

/** Return a figure of an answer; null where it is not known. */
export function metricValue(
  { answer }: ComparedAnswer,
  metric: keyof PayloadMetrics
): number | null {
  return answer.choice.metrics?.[metric] ?? null;
}

/** Return the groups of identical answers in an order; what has no figure comes last. */
export function orderedGroups({ answers, groups }: Comparison, order: Order): number[][] {
  const all = [...groups];
  if (order === 'as they came') {
    return all.sort((a, b) => Math.min(...a) - Math.min(...b));
  }
  const metric = ORDER_METRIC[order];
  if (!metric) {
    return all;
  }
  const most = (group: number[]): number =>
    Math.max(...group.map(place => metricValue(answers[place], metric) ?? -Infinity));
  return all.sort((a, b) => {
    const [first, second] = [most(a), most(b)];
    return first === second ? 0 : second - first;
  });
}
