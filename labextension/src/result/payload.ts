/** The display payload as the kernel stores it; tests/wire/result.v1.schema.json says what each field means. */

export const MIME_TYPE = 'application/vnd.chat-magic.result.v1+json';

export type Status = 'ok' | 'censored' | 'masked' | 'positive' | 'nan' | 'missing';

export interface PayloadPart {
  tokens: string;
  logprobs: string;
  statuses: Record<string, Status>;
  waits_ms: string;
}

export interface PayloadVocabulary {
  tokens: string[];
  bytes: Record<string, number[]>;
}

export interface PayloadChoice {
  index: number;
  text: string;
  finish_reason: string | null;
  refusal: string | null;
  reasoning: string | null;
  audio: { transcript: string | null; bytes: number } | null;
  tool_calls: { id: string; name: string; arguments: string }[];
  facts: string[];
  perplexity: string | null;
  sparkline: string;
  parts: { content?: PayloadPart; refusal?: PayloadPart };
  /** Missing in what was stored before answers were compared. */
  metrics?: PayloadMetrics;
}

/** Figures of a choice, in nats and tokens; null where they are not known. */
export interface PayloadMetrics {
  n_tokens: number | null;
  perplexity: number | null;
  mean_logprob: number | null;
  joint_logprob: number | null;
  bits_per_byte: number | null;
  min_prob: number | null;
}

export interface ToolRun {
  id: string;
  name: string;
  arguments: string;
  result: string | null;
  error: string | null;
  seconds: number;
}

export interface Round {
  text: string;
  tool_runs: ToolRun[];
}

export interface PayloadRequest {
  messages: Record<string, unknown>[];
  parameters: Record<string, unknown>;
  extra: Record<string, unknown>;
  is_whole: boolean;
}

/** Where a result stands on one axis of a grid. */
export interface Coordinate {
  name: string;
  title: string;
}

export interface PayloadResult {
  model: string;
  request: PayloadRequest;
  prefill: string;
  timing?: { total_s: number };
  cost?: number | null;
  facts: string[];
  warnings: string[];
  unsure: string | null;
  rounds: Round[];
  choices: PayloadChoice[];
  vocabulary: PayloadVocabulary;
  alternatives: string;
  alternatives_left_out: number;
  coordinates?: Coordinate[];
  /** Why there is no whole answer, in one line. */
  error?: string | null;
}

export interface Axis {
  name: string;
  titles: string[];
}

export type Unit = 'word' | 'token' | 'sentence' | 'json';

/** One of the texts that are compared; offsets are UTF-16 units of its content, else its refusal. */
export interface PayloadAnswer {
  result: number;
  /** Its place in that result's choices. */
  choice: number;
  title: string;
  /** The ends of the first token in which the answers differ. */
  start: number;
  end: number;
}

/** A stretch that some answers share, from one parting to the next. */
export interface PayloadNode {
  parent: number;
  text: string;
  /** UTF-16 units of its first token. */
  token_units: number;
  count: number;
  among: number;
  /** The Wilson interval of count / among. */
  low: number;
  high: number;
  /** What the model gave the token. */
  prob: number | null;
  answers: number[];
}

export interface PayloadTree {
  result: number;
  nodes: PayloadNode[];
}

export interface PayloadComparison {
  opens: 'answers' | 'diff';
  by: Unit;
  base: number;
  answers: PayloadAnswer[];
  groups: number[][];
  chip: string | null;
  agreement: string | null;
  trees: PayloadTree[];
}

export interface Payload {
  version: number;
  results: PayloadResult[];
  /** What was varied; the results stand in row-major order, the last axis fastest. */
  axes?: Axis[];
  comparison?: PayloadComparison | null;
}

/** Tell whether this is a payload that this version can draw. */
export function isPayload(value: unknown): value is Payload {
  const payload = value as Payload | null | undefined;
  return payload?.version === 1 && Array.isArray(payload.results);
}

/** Read a column of numbers; what is not known is null. */
export function readColumn(text: string): (number | null)[] {
  return text === '' ? [] : text.split(',').map(entry => (entry === '' ? null : Number(entry)));
}
