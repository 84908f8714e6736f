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

export interface PayloadResult {
  model: string;
  request: PayloadRequest;
  prefill: string;
  facts: string[];
  warnings: string[];
  unsure: string | null;
  rounds: Round[];
  choices: PayloadChoice[];
  vocabulary: PayloadVocabulary;
  alternatives: string;
  alternatives_left_out: number;
}

export interface Payload {
  version: number;
  results: PayloadResult[];
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
