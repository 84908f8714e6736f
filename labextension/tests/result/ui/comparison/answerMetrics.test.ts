import { describe, expect, it } from 'vitest';
import { availableMetrics, metricText } from '../../../../src/result/ui/comparison/answerMetrics';
import { itemAt } from '../../../../src/result/indexing';
import { comparisonOf } from '../../../fixtures';

describe('the metrics of answers', () => {
  it('include those of the request only for several requests', () => {
    const names = (name: string): string[] =>
      availableMetrics(comparisonOf(name)).map(metric => metric.name);
    expect(names('four')).not.toContain('ms');
    expect(names('grid')).toContain('ms');
  });

  it('leave out what no answer has', () => {
    const comparison = comparisonOf('grid');
    comparison.results.forEach(({ result }) => Object.assign(result, { cost: null }));
    comparison.results.forEach(({ result }) =>
      Object.assign(result, { timing: { ...result.timing, total_s: NaN } })
    );
    const names = availableMetrics(comparison).map(metric => metric.name);
    expect(names).not.toContain('cost');
    expect(names).not.toContain('ms');
  });

  it('are written with their units in mind', () => {
    const metrics = new Map(
      availableMetrics(comparisonOf('grid')).map(metric => [metric.name, metric])
    );
    expect(metrics.get('ms')?.write(1234.5)).toBe('1,235');
    expect(metrics.get('mean logprob')?.write(-0.5)).toBe('−0.50');
    expect(metrics.get('least sure')?.write(0.5)).toBe('50.0%');
  });

  it('say where a sum is an upper bound', () => {
    const comparison = comparisonOf('grid');
    const joint = availableMetrics(comparison).find(({ name }) => name === 'joint logprob');
    const answer = comparison.answers.find(
      each => each.answer.choice.metrics.joint_logprob !== null
    );
    if (!joint || !answer) {
      throw new Error('the fixture has no log probabilities');
    }
    expect(metricText(joint, answer)).toMatch(/^−/);
    answer.answer.choice.metrics.n_missing = 2;
    expect(metricText(joint, answer)).toMatch(/^≤ −/);
  });

  it('are those of the answer', () => {
    const comparison = comparisonOf('four');
    const answer = itemAt(comparison.answers, 0);
    const tokens = availableMetrics(comparison).find(({ name }) => name === 'tokens');
    expect(tokens?.value(answer)).toBe(answer.answer.choice.metrics.n_tokens);
  });
});
