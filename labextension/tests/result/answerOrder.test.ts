import { describe, expect, it } from 'vitest';
import { metricValue, orderedGroups, type Order } from '../../src/result/answerOrder';
import type { Comparison } from '../../src/result/comparison';
import { comparisonOf } from '../fixtures';

/** Return four answers, of which the first and the third are identical, with mean log probabilities. */
function withMeans(means: (number | null)[]): Comparison {
  const comparison = comparisonOf('four');
  comparison.answers.forEach(({ answer }, index) => {
    const mean = means[index] ?? null;
    Object.assign(answer.choice.metrics, {
      mean_logprob: mean,
      joint_logprob: mean,
      min_prob: mean && Math.exp(mean)
    });
  });
  return comparison;
}

describe('an order', () => {
  const comparison = withMeans([-0.5, null, -0.4, -0.1]);

  it.each<[Order, number[][]]>([
    ['most frequent', [[0, 2], [1], [3]]],
    ['original order', [[0, 2], [1], [3]]],
    ['mean logprob', [[3], [0, 2], [1]]],
    ['joint logprob', [[3], [0, 2], [1]]],
    ['least sure token', [[3], [0, 2], [1]]]
  ])('by %s puts unknown values last', (order, groups) => {
    expect(orderedGroups(comparison, order)).toEqual(groups);
  });

  it('that is the original one goes by the first answer of each group', () => {
    const groups = [[1, 3], [0], [2]];
    expect(orderedGroups({ ...comparison, groups }, 'original order')).toEqual([[0], [1, 3], [2]]);
  });
});

it('reads a metric of an answer', () => {
  const values = withMeans([-0.5, null]).answers.map(each => metricValue(each, 'mean_logprob'));
  expect(values.slice(0, 2)).toEqual([-0.5, null]);
});
