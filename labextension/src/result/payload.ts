/** Reads the display payload as the kernel stored it, possibly in an earlier version. */

import constants from '../constants.json';
import type {
  Payload,
  PayloadChoice,
  PayloadMetrics,
  PayloadResult,
  PayloadStatus
} from './payloadTypes';

export const MIME_TYPE = constants.mimeType;

/** What a log probability is: a measurement (`ok`) or something else. */
export type Status = 'ok' | PayloadStatus;

const NO_METRICS: PayloadMetrics = {
  n_tokens: null,
  perplexity: null,
  mean_logprob: null,
  joint_logprob: null,
  bits_per_byte: null,
  min_prob: null
};
/** The fields that payloads of earlier versions lack. */
const EARLIER_RESULT = {
  coordinates: [],
  error: null,
  timing: { ttft_s: null, total_s: NaN, tokens_per_s: null },
  cost: null
};
const EARLIER_CHOICE = { metrics: NO_METRICS };

/** Return a payload that this version can draw, with all of its fields; null if it is not one. */
export function readPayload(value: unknown): Payload | null {
  const payload = value as Partial<Payload> | null | undefined;
  if (payload?.version !== 1 || !Array.isArray(payload.results)) {
    return null;
  }
  const { results, axes = [], comparison = null, versions = [], ...sections } = payload;
  return {
    ...sections,
    version: 1,
    results: results.map(readResult),
    axes,
    comparison,
    versions
  };
}

function readResult(stored: PayloadResult): PayloadResult {
  const choices = stored.choices.map((choice): PayloadChoice => ({ ...EARLIER_CHOICE, ...choice }));
  return { ...EARLIER_RESULT, ...stored, choices };
}

/** Read a column of numbers; unknown ones are null. */
export function readColumn(text: string): (number | null)[] {
  return text === '' ? [] : text.split(',').map(entry => (entry === '' ? null : Number(entry)));
}
