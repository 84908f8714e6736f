/** How the tokens of one answer are painted under other sampling settings. */

import type { Answer } from '../answer';
import { binOf, heatmapMetric, UNKNOWN_BIN } from '../heatmap';
import { bits } from '../tokenMetrics';
import type { Piece } from '../tokens';
import {
  answerWhatIf,
  readKnown,
  whatIfOf,
  type AnswerWhatIf,
  type KnownTokens,
  type Sampling,
  type WhatIf
} from '../whatIf';
import { answerWords, tokenWords } from '../whatIfWords';

/** How a piece looks: its class besides that of its bin, and its tooltip. */
export interface PieceMark {
  className: string;
  title: string;
}

export interface WhatIfPaint {
  bins: Uint8Array;
  /** By piece; null where nothing is known. */
  marks: (PieceMark | null)[];
  /** Bounds of the whole answer; null if a token's are not known. */
  answer: AnswerWhatIf | null;
  /** The answer before and after, in words. */
  words: string | null;
}

const NAMES = new Map([
  [true, 'chm-cut'],
  [null, 'chm-maybe-cut']
]);

/** Reads the alternatives of an answer once, and paints it for any settings. */
export class WhatIfPainter {
  constructor(private readonly answer: Answer) {}

  paint(sampling: Sampling): WhatIfPaint {
    this.known ??= this.answer.tokens.map((_token, index) =>
      readKnown(this.answer.alternatives(index))
    );
    const tokens = this.known.map(known => known && whatIfOf(known, sampling));
    const worst = this.answer.pieces.map(piece => worstOf(piece, tokens));
    const answer = answerWhatIf(tokens);
    const recorded = this.answer.tokens.reduce((sum, { logprob }) => sum + (logprob ?? 0), 0);
    return {
      bins: Uint8Array.from(worst, (value, index) => this.bin(value, this.answer.piece(index))),
      marks: worst.map((value, index) => markOf(value, this.answer.piece(index))),
      answer,
      words: answer && answerWords(recorded, answer)
    };
  }

  private bin(value: WhatIf | null, piece: Piece): number {
    if (piece.isUncounted) {
      return 0;
    }
    const metric = heatmapMetric('probability');
    return value
      ? binOf(metric, bits(Math.log(Math.max((value.low + value.high) / 2, Number.MIN_VALUE))))
      : UNKNOWN_BIN;
  }

  private known: (KnownTokens | null)[] | null = null;
}

/** Return what became of the token of a piece that would be least probable. */
function worstOf(piece: Piece, tokens: readonly (WhatIf | null)[]): WhatIf | null {
  let worst: WhatIf | null = null;
  for (let index = piece.start; index < piece.end; index += 1) {
    const token = tokens[index];
    if (!token) {
      return null;
    }
    worst = worst && worst.high <= token.high ? worst : token;
  }
  return worst;
}

function markOf(value: WhatIf | null, piece: Piece): PieceMark | null {
  if (!value || piece.prob === null) {
    return null;
  }
  return {
    className: NAMES.get(value.cut) ?? '',
    title: tokenWords(piece.prob, value)
  };
}
