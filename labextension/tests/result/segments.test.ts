import { expect, it } from 'vitest';
import { segments, tokenSegments } from '../../src/result/segments';
import { wire } from '../fixtures';

interface Cut {
  text: string;
  by: string;
  segments: [string, string][];
}

it.each(wire<Cut[]>('segments.json').map(each => [each.by, each.text, each.segments] as const))(
  'cuts into %s: %j',
  (by, text, expected) => {
    const granularity = (by === 'json' ? 'field' : by) as 'word' | 'sentence' | 'line' | 'field';
    const cut = segments(text, granularity).map(({ name, start, end }) => [
      name,
      text.slice(start, end)
    ]);
    expect(cut).toEqual(expected);
  }
);

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
  expect(tokenSegments(text, pieces, 'token')).toBeNull();
});
