import { expect, it } from 'vitest';
import { ResultModel } from '../../src/result/answer';
import { samplingZ, whatIfFault } from '../../src/result/samplingTest';
import type { Alternative } from '../../src/result/tokenMetrics';
import { resultOf } from '../fixtures';

/** Two tokens of nearly all of the probability, one of them sampled. */
function row(chosen: number): Alternative[] {
  return [0.75, 0.25].map((prob, id) => ({
    id,
    logprob: Math.log(prob),
    status: 'ok',
    isChosen: id === chosen,
    isExtra: false
  }));
}

it('is near 0 for tokens that are sampled from what is reported', () => {
  const rows = Array.from({ length: 60 }, (_, index) => row(index % 4 ? 0 : 1));
  expect(samplingZ(rows)).toBeCloseTo(0);
});

it('is far below 0 for tokens that are always the most probable', () => {
  expect(samplingZ(Array.from({ length: 120 }, () => row(0)))).toBeLessThan(-3);
});

it('says nothing about few tokens', () => {
  expect(samplingZ(Array.from({ length: 40 }, () => row(0)))).toBeNull();
});

it('leaves other settings on where there are alternatives', async () => {
  const model = new ResultModel(resultOf('names', {}));
  expect(whatIfFault([model])).toContain('there are no alternatives');
  await model.load();
  expect(whatIfFault([model])).toBeNull();
});
