import { expect, it } from 'vitest';
import { valueProblem } from '../../src/cell/valueCheck';

it.each([
  ['temperature', '5', 'temperature must be 0 to 2, got 5'],
  ['temperature', 'hot', 'temperature must be 0 to 2, got hot'],
  ['n', '1.5', 'n must be 1 to 128, got 1.5'],
  ['logprobs', 'maybe', 'logprobs must be true or false, got maybe']
])('refuses for %s the value %s', (name, text, problem) => {
  expect(valueProblem(name, text)).toBe(problem);
});

it.each([
  ['temperature', '0'],
  ['temperature', '"1.5"'],
  ['temperature', '{{ t }}'],
  ['temperature', ''],
  ['temperature', '-'],
  ['seed', '-3'],
  ['logprobs', 'true'],
  ['model', 'a/b'],
  ['stop', '5'],
  ['unknown', '5']
])('allows for %s the value %j', (name, text) => expect(valueProblem(name, text)).toBeNull());
