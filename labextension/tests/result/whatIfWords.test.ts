import { expect, it } from 'vitest';
import { AS_REPORTED } from '../../src/result/whatIf';
import { answerWords, rangeWords, settingsWords, tokenWords } from '../../src/result/whatIfWords';

it('names the settings that differ from the reported ones', () => {
  expect(settingsWords({ ...AS_REPORTED, temperature: 0.3 })).toBe('temperature 0.3');
  expect(settingsWords({ ...AS_REPORTED, topP: 0.9, topK: 40 })).toBe('top_p 0.9, top_k 40');
});

it('says how probable an answer was and would have been', () => {
  const bounds = { low: Math.log(0.71), high: Math.log(0.78) };
  expect(answerWords(Math.log(0.12), bounds)).toBe('12% → 71–78%');
  expect(answerWords(-30, { low: -Infinity, high: -20 })).toBe('10^-13.0 → 0% to 10^-8.7');
});

it('says what became of a token', () => {
  expect(tokenWords(0.12, { low: 0.31, high: 0.34, cut: false })).toBe('12.0% → 31–34%');
  expect(tokenWords(0.03, { low: 0, high: 0, cut: true })).toBe('3.0% → cut');
  expect(tokenWords(0.03, { low: 0, high: 0.05, cut: null })).toBe('3.0% → cut, or up to 5.0%');
});

it('writes equal ends once', () => {
  expect(rangeWords(Math.log(0.5), Math.log(0.501))).toBe('50%');
});
