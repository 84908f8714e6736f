/** One part of one choice with everything that can be asked of its tokens. */

import { readBlock, statusName, type AlternativesBlock } from './alternativesBlock';
import { tokenMetrics, type Alternative, type TokenMetrics } from './tokenMetrics';
import type { PayloadChoice, PayloadPart, PayloadResult, Status } from './payload';
import { joinPieces, readTokens, Vocabulary, type Piece, type Token } from './tokens';

/** What a token is whose log probability says only that it was none of the most probable. */
const OUTSIDE: Status[] = ['censored', 'masked'];

/** A result, its tokens read; what else could have come is read when it is first asked for. */
export class ResultModel {
  constructor(readonly result: PayloadResult) {
    this.vocabulary = new Vocabulary(result.vocabulary);
    let row = 0;
    this.choices = result.choices.map(choice => {
      const first = row;
      for (const part of [choice.parts.content, choice.parts.refusal]) {
        row += part ? countOf(part) : 0;
      }
      return new Answer(this, choice, first);
    });
  }

  /** Whether there is anything but the tokens that came. */
  get hasAlternatives(): boolean {
    return this.result.alternatives !== '';
  }

  /** Read the block, once. */
  load(): Promise<void> {
    this.loading ??= this.read();
    return this.loading;
  }

  private async read(): Promise<void> {
    if (this.hasAlternatives) {
      const block = await readBlock(this.result.alternatives);
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
    private readonly all: ResultModel,
    readonly choice: PayloadChoice,
    private readonly firstRow: number
  ) {
    const part = choice.parts.content ?? choice.parts.refusal;
    this.isContent = part === choice.parts.content;
    this.tokens = part ? readTokens(part) : [];
    this.pieces = joinPieces(this.tokens, all.vocabulary);
    this.text = this.pieces.map(piece => piece.text).join('');
  }

  get vocabulary(): Vocabulary {
    return this.all.vocabulary;
  }

  /** The result that it is a choice of. */
  get result(): PayloadResult {
    return this.all.result;
  }

  /** Return what could have come, the likeliest first, what came among it; empty until loaded. */
  alternatives(place: number): Alternative[] {
    const token = this.tokens[place];
    const row = this.listed(place);
    const own = row.find(entry => entry.isChosen);
    if (own && token.logprob !== null) {
      own.logprob = token.logprob;
      own.status = token.status;
    } else if (!own && row.length) {
      const { id, logprob, status } = token;
      row.push({ id, logprob, status, isChosen: true, isExtra: true });
    }
    return row;
  }

  /** Tell whether a grammar left no choice for a token, as far as is known yet. */
  isForced(place: number): boolean {
    return this.all.block !== null && this.metricsAt(place).isForced;
  }

  /** Return the numbers of a token; all unknown until the alternatives are loaded. */
  metricsAt(place: number): TokenMetrics {
    this.cachedMetrics[place] ??= tokenMetrics(
      this.tokens[place].logprob,
      this.alternatives(place)
    );
    return this.cachedMetrics[place];
  }

  /** Forget what was measured before the alternatives were there. */
  forget(): void {
    this.cachedMetrics = [];
  }

  /** Return the bytes of the tokens from one place up to another. */
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

  /** Return where a token begins in the bytes of all. */
  offset(place: number): number {
    if (!this.offsets) {
      const lengths: number[] = [];
      let sum = 0;
      this.offsets = [0];
      for (const { id } of this.tokens) {
        lengths[id] ??= this.vocabulary.bytes(id).length;
        sum += lengths[id];
        this.offsets.push(sum);
      }
    }
    return this.offsets[place];
  }

  private listed(place: number): Alternative[] {
    const { block } = this.all;
    if (!block) {
      return [];
    }
    const row = this.firstRow + place;
    const entries: Alternative[] = [];
    for (let entry = block.starts[row]; entry < block.starts[row + 1]; entry += 1) {
      const id = block.ids[entry];
      const logprob = block.logprobs[entry];
      entries.push({
        id,
        logprob: Number.isNaN(logprob) ? null : logprob,
        status: statusName(block.statuses[entry]),
        isChosen: id === this.tokens[place].id,
        isExtra: id === this.tokens[place].id && OUTSIDE.includes(this.tokens[place].status)
      });
    }
    return entries;
  }

  readonly isContent: boolean;
  readonly tokens: Token[];
  readonly pieces: Piece[];
  readonly text: string;
  private offsets: number[] | null = null;
  private cachedMetrics: TokenMetrics[] = [];
}

function countOf(part: PayloadPart): number {
  return part.tokens === '' ? 0 : part.tokens.split(',').length;
}
