import { expect, it } from 'vitest';
import {
  matches,
  segments,
  tokenSegments,
  typedPattern,
  type Granularity,
  type Unit
} from '../../src/result/segments';
import { wire } from '../fixtures';

interface Cut {
  text: string;
  by: string;
  pattern?: string;
  segments: [string, string][];
}

const CUTS = wire<Cut[]>('segments.json').map(
  ({ by, pattern, text, segments }) => [pattern ?? by, text, by, segments, pattern] as const
);

it.each(CUTS)('cuts into %s: %j', (_title, text, by, expected, pattern) => {
  const unit = (by === 'json' ? 'field' : by) as Unit;
  const cut = pattern === undefined ? segments(text, unit) : matches(text, typedPattern(pattern));
  expect(cut.map(({ name, start, end }) => [name, text.slice(start, end)])).toEqual(expected);
});

it('finds the pieces of each segment', () => {
  const pieces = ['One', ' two', '. Th', 'ree'].map((text, place, all) => ({
    text,
    start: place,
    end: place + 1,
    prob: 1,
    offset: all.slice(0, place).join('').length
  }));
  const text = pieces.map(piece => piece.text).join('');
  expect(tokenSegments(text, pieces, 'word')?.map(({ first, last }) => [first, last])).toEqual([
    [0, 0],
    [1, 2],
    [2, 3]
  ]);
  const cut = (by: Granularity, pattern?: RegExp) =>
    tokenSegments(text, pieces, by, pattern)?.map(({ first, last }) => [first, last]);
  expect(cut('token')).toBeUndefined();
  expect(cut('regex')).toBeUndefined();
  expect(cut('regex', /T.*/dgu)).toEqual([[2, 3]]);
});
