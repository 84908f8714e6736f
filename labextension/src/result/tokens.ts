/** The tokens of one part of a choice, and the pieces of readable text that they make. */

import constants from '../constants.json';
import { wholePattern } from '../patterns';
import { readColumn, type Status } from './payload';
import type { PayloadPart, PayloadVocabulary } from './payloadTypes';

const SPECIAL = wholePattern('specialToken');
const UNSURE = constants.binEdges[0] ?? 0.5;
const encoder = new TextEncoder();

/** The distinct tokens of a result by id; the block of alternatives adds to those of the answer. */
export class Vocabulary {
  constructor(stored: PayloadVocabulary) {
    this.add(stored);
  }

  /** Append tokens; their bytes are given by the ids that they get. */
  add(stored: PayloadVocabulary): void {
    readColumn(stored.ids ?? '').forEach((modelId, index) => {
      if (modelId !== null) {
        this.modelIds.set(this.texts.length + index, modelId);
      }
    });
    this.texts.push(...stored.tokens);
    for (const [id, bytes] of Object.entries(stored.bytes)) {
      this.bytesById.set(Number(id), Uint8Array.from(bytes));
    }
  }

  /** Return a token's bytes. */
  bytes(id: number): Uint8Array {
    return this.bytesById.get(id) ?? encoder.encode(this.texts[id]);
  }

  /** Tell whether the bytes are not those of the text: part of a character. */
  isPartial(id: number): boolean {
    return this.bytesById.has(id);
  }

  /** Return a token's text as it would read on its own. */
  text(id: number): string {
    const bytes = this.bytesById.get(id);
    return bytes ? decode(bytes) : (this.texts[id] ?? '');
  }

  /** Return a token's number in the model's vocabulary; null if the server did not send it. */
  modelId(id: number): number | null {
    return this.modelIds.get(id) ?? null;
  }

  readonly texts: string[] = [];
  private readonly modelIds = new Map<number, number>();
  private readonly bytesById = new Map<number, Uint8Array>();
}

export interface Token {
  id: number;
  /** Natural logarithm; null unless the status is ok. */
  logprob: number | null;
  status: Status;
  /** Milliseconds since the token before; null if not measured. */
  wait: number | null;
  /** Present if its probability does not tell how sure the model was of the answer. */
  isUncounted?: true;
}

/** The text of one token, or of several that share a character. */
export interface Piece {
  /** Index of its first token. */
  start: number;
  /** Index after its last token. */
  end: number;
  text: string;
  /** Where it begins in the joined text, in UTF-16 units. */
  offset: number;
  /** The lowest probability of its tokens; null unless all are measured. */
  prob: number | null;
  /** Present if none of its tokens tells how sure the model was of the answer. */
  isUncounted?: true;
}

/** Tell whether a piece is one of which the model was less sure than a probability. */
export function isUnsure({ prob, isUncounted }: Piece, below: number): boolean {
  return !isUncounted && prob !== null && prob < below;
}

/** Read the tokens of a part. */
export function readTokens(part: PayloadPart): Token[] {
  const logprobs = readColumn(part.logprobs);
  const waits = readColumn(part.waits_ms);
  const roles = readColumn(part.roles ?? '');
  return readColumn(part.tokens).map((id, index) => ({
    id: id ?? 0,
    logprob: logprobs[index] ?? null,
    status: part.statuses[index] ?? 'ok',
    wait: waits[index] ?? null,
    ...(roles[index] ? { isUncounted: true as const } : {})
  }));
}

/** Join the tokens that are parts of one character; all others stay on their own. */
export function joinPieces(tokens: readonly Token[], vocabulary: Vocabulary): Piece[] {
  const pieces: Piece[] = [];
  let offset = 0;
  let start = 0;
  let pending: number[] = [];
  tokens.forEach((token, index) => {
    const isPlain = pending.length === 0 && !vocabulary.isPartial(token.id);
    const end = index + 1;
    if (!isPlain) {
      pending.push(...vocabulary.bytes(token.id));
      if (isUnfinished(pending) && end < tokens.length) {
        return;
      }
    }
    const text = isPlain ? vocabulary.text(token.id) : decode(Uint8Array.from(pending));
    const own = tokens.slice(start, end);
    const uncounted = own.every(part => part.isUncounted) ? { isUncounted: true as const } : {};
    pieces.push({ start, end, text, offset, prob: lowestProb(own), ...uncounted });
    offset += text.length;
    start = end;
    pending = [];
  });
  return pieces;
}

/** Tell whether UTF-8 bytes end inside a character. */
export function isUnfinished(bytes: readonly number[]): boolean {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes.at(-back) ?? 0;
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

/** Return the index of the piece that contains an offset of the joined text. */
export function pieceIndexAt(pieces: readonly Piece[], offset: number): number {
  let low = 0;
  let high = pieces.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((pieces[middle]?.offset ?? 0) <= offset) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}

/** Return the probability below which pieces are underlined, as chat_magic/view/text_segments.py does. */
export function underlineBelow(pieces: readonly Piece[]): number {
  if (pieces.length <= constants.longText) {
    return UNSURE;
  }
  const known = pieces
    .flatMap(({ prob, isUncounted }) => (prob === null || isUncounted ? [] : [prob]))
    .sort((a, b) => a - b);
  const most = Math.min(Math.floor(pieces.length / 5), constants.underlinedMost);
  return Math.min(UNSURE, known[most] ?? UNSURE);
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
}

function lowestProb(tokens: readonly Token[]): number | null {
  let lowest = 1;
  for (const { logprob } of tokens) {
    if (logprob === null) {
      return null;
    }
    lowest = Math.min(lowest, Math.exp(logprob));
  }
  return lowest;
}
