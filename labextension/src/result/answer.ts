/** A result with its tokens read, and the answers that are its choices. */

import { readAlternativesBlock, statusName, type AlternativesBlock } from './alternativesBlock';
import { itemAt } from './indexing';
import type { Status } from './payload';
import type { PayloadChoice, PayloadPart, PayloadResult } from './payloadTypes';
import { joinPieces, readTokens, Vocabulary, type Piece, type Token } from './tokens';
import { tokenMetrics, type Alternative, type TokenMetrics } from './tokenMetrics';

/** Statuses of a token that was not among the most probable ones. */
const OUTSIDE: Status[] = ['censored', 'masked'];

/** A result; its alternatives are read when they are first needed. */
export class ResultModel {
  constructor(readonly result: PayloadResult) {
    this.vocabulary = new Vocabulary(result.vocabulary);
    let row = 0;
    this.choices = result.choices.map(choice => {
      const firstRow = row;
      for (const part of [choice.parts.content, choice.parts.refusal]) {
        row += part ? tokenCount(part) : 0;
      }
      return new Answer(this, choice, firstRow);
    });
  }

  /** Read the block of alternatives, once. */
  load(): Promise<void> {
    this.loading ??= this.read();
    return this.loading;
  }

  private async read(): Promise<void> {
    if (this.result.alternatives) {
      const block = await readAlternativesBlock(this.result.alternatives);
      this.vocabulary.add(block.vocabulary);
      this.block = block;
    }
  }

  readonly vocabulary: Vocabulary;
  readonly choices: Answer[];
  block: AlternativesBlock | null = null;
  private loading: Promise<void> | null = null;
}

/** The tokens of what a choice shows as its answer: its content, else its refusal. */
export class Answer {
  constructor(
    private readonly model: ResultModel,
    readonly choice: PayloadChoice,
    private readonly firstRow: number
  ) {
    const part = choice.parts.content ?? choice.parts.refusal;
    this.isContent = part === choice.parts.content;
    this.tokens = part ? readTokens(part) : [];
    this.pieces = joinPieces(this.tokens, model.vocabulary);
    this.text = this.pieces.map(piece => piece.text).join('');
  }

  get vocabulary(): Vocabulary {
    return this.model.vocabulary;
  }

  /** The result that it is a choice of. */
  get result(): PayloadResult {
    return this.model.result;
  }

  /** Return the token at an index. */
  token(index: number): Token {
    return itemAt(this.tokens, index);
  }

  /** Return the piece at an index. */
  piece(index: number): Piece {
    return itemAt(this.pieces, index);
  }

  /** Return the alternatives to a token, itself among them, the most probable first; none until loaded. */
  alternatives(index: number): Alternative[] {
    const { id, logprob, status } = this.token(index);
    const row = this.listedAlternatives(index);
    const chosen = row.find(entry => entry.isChosen);
    if (chosen && logprob !== null) {
      chosen.logprob = logprob;
      chosen.status = status;
    } else if (!chosen && row.length) {
      row.push({ id, logprob, status, isChosen: true, isExtra: true });
    }
    return row;
  }

  /** Tell whether a grammar allowed only this token, as far as is known yet. */
  isForced(index: number): boolean {
    return this.model.block !== null && this.metrics(index).isForced;
  }

  /** Return the metrics of a token; all unknown until the alternatives are loaded. */
  metrics(index: number): TokenMetrics {
    const cached = this.cachedMetrics[index];
    if (cached) {
      return cached;
    }
    const metrics = tokenMetrics(this.token(index).logprob, this.alternatives(index));
    this.cachedMetrics[index] = metrics;
    return metrics;
  }

  /** Forget the metrics that were computed before the alternatives were loaded. */
  resetMetrics(): void {
    this.cachedMetrics = [];
  }

  /** Return the bytes of the tokens from one index up to another. */
  bytes(start: number, end: number): Uint8Array {
    const parts = this.tokens.slice(start, end).map(token => this.vocabulary.bytes(token.id));
    const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let offset = 0;
    for (const part of parts) {
      joined.set(part, offset);
      offset += part.length;
    }
    return joined;
  }

  /** Return where a token begins in the bytes of all tokens. */
  byteOffset(index: number): number {
    this.byteOffsets ??= this.computeByteOffsets();
    return itemAt(this.byteOffsets, index);
  }

  private computeByteOffsets(): number[] {
    const lengths = new Map<number, number>();
    const offsets = [0];
    let offset = 0;
    for (const { id } of this.tokens) {
      const length = lengths.get(id) ?? this.vocabulary.bytes(id).length;
      lengths.set(id, length);
      offset += length;
      offsets.push(offset);
    }
    return offsets;
  }

  private listedAlternatives(index: number): Alternative[] {
    const { block } = this.model;
    if (!block) {
      return [];
    }
    const token = this.token(index);
    const row = this.firstRow + index;
    const [start, end] = [block.starts[row] ?? 0, block.starts[row + 1] ?? 0];
    return Array.from(block.ids.subarray(start, end), (id, entry): Alternative => {
      const logprob = block.logprobs[start + entry] ?? NaN;
      const isChosen = id === token.id;
      return {
        id,
        logprob: Number.isNaN(logprob) ? null : logprob,
        status: statusName(block.statuses[start + entry]),
        isChosen,
        isExtra: isChosen && OUTSIDE.includes(token.status)
      };
    });
  }

  readonly isContent: boolean;
  readonly tokens: Token[];
  readonly pieces: Piece[];
  readonly text: string;
  private byteOffsets: number[] | null = null;
  private cachedMetrics: TokenMetrics[] = [];
}

function tokenCount(part: PayloadPart): number {
  return part.tokens === '' ? 0 : part.tokens.split(',').length;
}
