/** The tokens of one part of a choice, and the pieces of readable text that they make. */

import { readColumn, type PayloadPart, type PayloadVocabulary, type Status } from './payload';

const SPECIAL =
  /^(?:<[|｜].+[|｜]>|<\/?s>|<\/?think>|<(?:bos|eos|pad|unk|start_of_turn|end_of_turn)>|\[\/?INST\])$/;
const encoder = new TextEncoder();

/** The distinct tokens of a result by id; the block of alternatives adds to those that came. */
export class Vocabulary {
  constructor(own: PayloadVocabulary) {
    this.texts = [...own.tokens];
    this.own = new Map();
    this.add({ tokens: [], bytes: own.bytes });
  }

  /** Append tokens; their bytes are named by the ids that they get. */
  add(more: PayloadVocabulary): void {
    this.texts.push(...more.tokens);
    for (const [id, bytes] of Object.entries(more.bytes)) {
      this.own.set(Number(id), Uint8Array.from(bytes));
    }
  }

  /** Return a token's bytes. */
  bytes(id: number): Uint8Array {
    return this.own.get(id) ?? encoder.encode(this.texts[id]);
  }

  /** Tell whether the bytes are not those of the text: a piece of a character. */
  hasOwnBytes(id: number): boolean {
    return this.own.has(id);
  }

  /** Return a token's text as it would read on its own. */
  text(id: number): string {
    const own = this.own.get(id);
    return own ? new TextDecoder('utf-8', { ignoreBOM: true }).decode(own) : this.texts[id];
  }

  readonly texts: string[];
  private readonly own: Map<number, Uint8Array>;
}

export interface Token {
  id: number;
  /** Natural logarithm; null unless the status is ok. */
  logprob: number | null;
  status: Status;
  /** Milliseconds since the token before; null where nobody measured. */
  wait: number | null;
}

/** The text of one token, or of several that share a character. */
export interface Piece {
  /** Places of its first token and after its last one. */
  start: number;
  end: number;
  text: string;
  /** Where it begins in the joined text, in UTF-16 units. */
  offset: number;
  /** Probability of its least sure token; null unless all are measured. */
  prob: number | null;
}

/** Read the tokens of a part. */
export function readTokens(part: PayloadPart): Token[] {
  const logprobs = readColumn(part.logprobs);
  const waits = readColumn(part.waits_ms);
  return readColumn(part.tokens).map((id, place) => ({
    id: id ?? 0,
    logprob: logprobs[place] ?? null,
    status: part.statuses[place] ?? 'ok',
    wait: waits[place] ?? null
  }));
}

/** Join the tokens that are parts of one character; all others stay on their own. */
export function joinPieces(tokens: readonly Token[], vocabulary: Vocabulary): Piece[] {
  const pieces: Piece[] = [];
  let offset = 0;
  let start = 0;
  let pending: number[] = [];
  tokens.forEach((token, place) => {
    const isPlain = pending.length === 0 && !vocabulary.hasOwnBytes(token.id);
    if (!isPlain) {
      pending.push(...vocabulary.bytes(token.id));
      if (isUnfinished(pending) && place + 1 < tokens.length) {
        return;
      }
    }
    const text = isPlain ? vocabulary.texts[token.id] : decode(pending);
    pieces.push({
      start,
      end: place + 1,
      text,
      offset,
      prob: lowestProb(tokens, start, place + 1)
    });
    offset += text.length;
    start = place + 1;
    pending = [];
  });
  return pieces;
}

/** Tell whether UTF-8 bytes end inside a character. */
export function isUnfinished(bytes: ArrayLike<number>): boolean {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back];
    if (byte >= 0xc2 && byte <= 0xf4) {
      return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2);
    }
    if ((byte & 0xc0) !== 0x80) {
      return false;
    }
  }
  return false;
}

/** Tell whether a text looks like a control token (`<|im_end|>`, `</s>`). */
export function isSpecial(text: string): boolean {
  return SPECIAL.test(text);
}

/** Return the place of the piece that holds an offset of the joined text. */
export function pieceIndexAt(pieces: readonly Piece[], offset: number): number {
  let low = 0;
  let high = pieces.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (pieces[middle].offset <= offset) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}

const LONG_TEXT = 3000;
const UNDERLINED_MOST = 1500;

/** Return the probability under which a text's pieces are underlined; as view/text_segments.py does. */
export function underlineBelow(pieces: readonly Piece[]): number {
  if (pieces.length <= LONG_TEXT) {
    return 0.5;
  }
  const known = pieces.flatMap(({ prob }) => (prob === null ? [] : [prob])).sort((a, b) => a - b);
  const most = Math.min(Math.floor(pieces.length / 5), UNDERLINED_MOST);
  return Math.min(0.5, known[most] ?? 0.5);
}

function decode(bytes: number[]): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.from(bytes));
}

function lowestProb(tokens: readonly Token[], start: number, end: number): number | null {
  let least = 1;
  for (let place = start; place < end; place += 1) {
    const { logprob } = tokens[place];
    if (logprob === null) {
      return null;
    }
    least = Math.min(least, Math.exp(logprob));
  }
  return least;
}
