/** Answers cut into words, sentences, lines, JSON fields or matches, as chat_magic/analysis/segments.py cuts. */

import { pattern } from '../patterns';
import { jsonFields } from './jsonFields';
import { pieceIndexAt, type Piece } from './tokens';

export type Granularity = 'token' | 'word' | 'sentence' | 'line' | 'field' | 'regex';

/** What a text is cut into without a pattern. */
export type Unit = Exclude<Granularity, 'token' | 'regex'>;

export const GRANULARITIES: Granularity[] = ['token', 'word', 'sentence', 'line', 'field', 'regex'];

/** A stretch of a text, in UTF-16 units. */
export interface Segment {
  name: string;
  start: number;
  end: number;
}

/** A segment and the indexes of the first and the last piece that contain it. */
export interface TokenSegment extends Segment {
  first: number;
  last: number;
}

const PATTERNS = {
  word: pattern('word', 'g'),
  sentence: pattern('sentence', 'g'),
  line: pattern('line', 'g')
};

/** Cut a text; a space belongs to what follows it, a line end to what precedes it. */
export function segments(text: string, by: Unit): Segment[] {
  return by === 'field' ? jsonFields(text) : matches(text, PATTERNS[by]);
}

/** Compile a pattern as typed, with the names of groups as Python writes them or as JavaScript does. */
export function typedPattern(source: string): RegExp {
  return new RegExp(source.replaceAll('(?P<', '(?<'), 'dgu');
}

/** Return the named groups of a pattern's matches if it has any, else the matches; none is empty. */
export function matches(text: string, pattern: RegExp): Segment[] {
  return Array.from(text.matchAll(pattern)).flatMap(({ 0: whole, index, indices }, number) => {
    const range: [number, number] = [index, index + whole.length];
    const named = Object.entries(indices?.groups ?? { [number]: range });
    return named.flatMap(([name, place]: [string, [number, number] | undefined]) => {
      const [start, end] = place ?? [0, 0];
      return start < end ? [{ name, start, end }] : [];
    });
  });
}

/** Cut an answer; null for tokens, which are pieces already. `regex` cuts by the pattern. */
export function tokenSegments(
  text: string,
  pieces: readonly Piece[],
  by: Granularity,
  pattern: RegExp | null = null
): TokenSegment[] | null {
  const regex = by === 'regex' ? pattern : null;
  if (by === 'token' || (by === 'regex' && !regex)) {
    return null;
  }
  const found = regex ? matches(text, regex) : segments(text, by as Unit);
  return found.map(segment => ({
    ...segment,
    first: pieceIndexAt(pieces, segment.start),
    last: pieceIndexAt(pieces, segment.end - 1)
  }));
}
