/** Answers cut into words, sentences, lines or JSON fields; as chat_magic/analysis/segments.py cuts. */

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

/** A stretch and the pieces that hold it, the last one included. */
export interface TokenSegment extends Segment {
  first: number;
  last: number;
}

const WORD = /\s*\S+(?:\s+$)?|\s+$/g;
const LINE = /[^\n]*\n|[^\n]+/g;
const SENTENCE =
  /\s*(?:\d+[.)]\s)?[^\n]*?(?:[.!?…]+["'”’)\]*_]*(?=\s+[^\sa-z]|\s*$)|[。\uff01\uff1f]+[」』”’\uff09]*|(?=\n)|$)(?:[^\S\n]*\n)*(?:\s+$)?/g;

/** Cut a text; a space belongs to what comes after it, a line end to what stands before it. */
export function segments(text: string, by: Granularity): Segment[] {
  if (by === 'field') {
    return jsonFields(text);
  }
  const pattern = by === 'word' ? WORD : by === 'line' ? LINE : SENTENCE;
  const found = Array.from(text.matchAll(pattern)).filter(match => match[0] !== '');
  return found.map((match, number) => ({
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
  return segments(text, by).map(stretch => ({
    ...stretch,
    first: pieceIndexAt(pieces, stretch.start),
    last: pieceIndexAt(pieces, stretch.end - 1)
  }));
}
