import { expect, it } from 'vitest';
import {
  interval,
  percent,
  roundPercent,
  splitHidden,
  tinyPercent,
  tokenName,
  visibleText
} from '../../src/result/tokenFormat';

it.each([
  [' Canberra', '␣Canberra'],
  ['\n\n', '↵↵'],
  ['a b ', 'a b␣'],
  ['\u202e', 'U+202E'],
  ['\u0000\u001b[31m', 'U+0000U+001B[31m'],
  ['\u00a0', 'U+00A0'],
  ['\u{e0041}', 'U+E0041'],
  ['\ud800', 'U+D800'],
  ['', '∅']
])('names the token %j', (text, name) => expect(tokenName(text)).toBe(name));

it('leaves joiners within emoji, and marks stray ones', () => {
  expect(visibleText('👩‍💻')).toBe('👩‍💻');
  expect(visibleText('a \u200d')).toBe('a U+200D');
  expect(splitHidden('a\u200bb\u202e')).toEqual(['a', '\u200b', 'b', '\u202e', '']);
});

it.each([
  [1, '100.0%'],
  [0.621, '62.1%'],
  [0.0312, '3.1%'],
  [0.00042, '0.042%'],
  [1e-9, '< 0.01%'],
  [0, '0%']
])('writes %d as %s', (prob, words) => expect(percent(prob)).toBe(words));

it('writes tiny probabilities as powers', () => expect(tinyPercent(-100)).toBe('10^-43.4'));

it('writes a narrow interval as one number', () => {
  expect(interval({ low: 1.56, high: 2.5 })).toBe('1.6–2.5');
  expect(interval({ low: 0, high: 0.01 })).toBe('0.0');
});

it.each([
  [0.314, '31%'],
  [0.0042, '0.4%'],
  [0.00001, '0.00%']
])('rounds %d to %s', (prob, words) => expect(roundPercent(prob)).toBe(words));
