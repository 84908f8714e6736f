/** Answers cut into words, sentences, lines or JSON fields, as chat_magic/analysis/segments.py cuts. */

import { pattern } from '../patterns';
import { jsonFields } from './jsonFields';
import { pieceIndexAt, type Piece } from './tokens';

export type Granularity = 'token' | 'word' | 'sentence' | 'line' | 'field';

export const GRANULARITIES: Granularity[] = ['token', 'word', 'sentence', 'line', 'field'];

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
export function segments(text: string, by: Exclude<Granularity, 'token'>): Segment[] {
  if (by === 'field') {
    return jsonFields(text);
  }
  const matches = Array.from(text.matchAll(PATTERNS[by])).filter(match => match[0] !== '');
  return matches.map((match, number) => ({
    name: String(number),
    start: match.index,
    end: match.index + match[0].length
  }));
}

/** Cut an answer; null for tokens, which are pieces already. */
export function tokenSegments(
  text: string,
  pieces: readonly Piece[],
  by: Granularity
): TokenSegment[] | null {
  if (by === 'token') {
    return null;
  }
  return segments(text, by).map(segment => ({
    ...segment,
    first: pieceIndexAt(pieces, segment.start),
    last: pieceIndexAt(pieces, segment.end - 1)
  }));
}
