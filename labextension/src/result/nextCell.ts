/** Writes the cells that branch from a token or continue after an answer. */

import constants from '../constants.json';
import { patternSource } from '../patterns';
import type { Answer } from './answer';
import { readColumn } from './payload';
import type { PayloadCellHead, PayloadResult } from './payloadTypes';
import { isSpecial } from './tokens';

/** A message that is appended to the request's own. */
export interface AppendedMessage {
  role: 'assistant' | 'user';
  content: string;
}

/** The cell that branches from a token, or why there cannot be one. */
export type Branch = { cell: string; tokens: readonly number[] | null } | { reason: string };

const TEMPLATE = new RegExp(String.raw`\{\{|${patternSource('templateTag')}`, 'u');
const MARK = new RegExp(
  String.raw`^\\*(?:${patternSource('role')}|${patternSource('attachment')}$)`,
  'u'
);
const BLANK = new RegExp(`^[${constants.spaces}]*$`, 'u');
/** What an editor or a file would not preserve. */
const FRAGILE = /[\r\p{Surrogate}]/u;
const STRICT = { fatal: true, ignoreBOM: true } as const;

/** Write the cell that asks for the answer again from a token on, with another token in its place. */
export function branchAt(answer: Answer, index: number, alternative: number): Branch {
  const reason = cellDisabledReason(answer.result) ?? branchDisabledReason(answer, alternative);
  if (reason !== null) {
    return { reason };
  }
  const before = answer.bytes(0, index);
  const token = answer.vocabulary.bytes(alternative);
  const bytes = new Uint8Array(before.length + token.length);
  bytes.set(before);
  bytes.set(token, before.length);
  try {
    const content = answer.result.prefill + new TextDecoder('utf-8', STRICT).decode(bytes);
    const cell = appendToHead(answer.result, [{ role: 'assistant', content }]);
    const tokens = branchTokens(answer, index, alternative);
    return { cell: withPrefillTokens(cell, tokens), tokens };
  } catch {
    return { reason: 'this alternative is part of a character, not text' };
  }
}

/**
 * Return how many prompt tokens a branch has if the server makes the same tokens of its text.
 *
 * Servers take text and make tokens of it anew: another number in the answer to the branch shows
 * that they are others, so that its probabilities are not those after the recorded tokens. Null if
 * it is not known.
 */
export function branchPromptTokens({ choice, result }: Answer, index: number): number | null {
  const count = result.usage?.prompt_tokens ?? null;
  const isOneRequest = result.choices.length === 1 && !result.rounds.length;
  const isKnown = count !== null && isOneRequest && !choice.metrics.n_missing;
  return isKnown ? count + index + 1 : null;
}

/**
 * Return the numbers of the tokens that a branch begins with, in the model's vocabulary.
 *
 * They end the text: before them may be a prefill that was sent as text. Null if one is not known.
 */
function branchTokens(answer: Answer, index: number, alternative: number): number[] | null {
  const { choice, result, tokens, vocabulary } = answer;
  const before = tokens.slice(0, index).map(token => token.id);
  const numbers = [...before, alternative].map(id => vocabulary.modelId(id));
  if (choice.metrics.n_missing || !numbers.every(number => number !== null)) {
    return null;
  }
  const prefilled = readColumn(result.prefill_tokens ?? '').filter(number => number !== null);
  return [...prefilled, ...numbers];
}

/** Write the cell that continues a prompt with a beginning of its answer. */
export function beginningCell(
  head: PayloadCellHead,
  content: string,
  tokens: readonly number[] | null
): string {
  return withPrefillTokens(appendMessages(head, [{ role: 'assistant', content }]), tokens);
}

/** Name the tokens of the prefill on the first line of a cell; servers that take none get text. */
function withPrefillTokens(cell: string, tokens: readonly number[] | null): string {
  if (tokens === null) {
    return cell;
  }
  const end = cell.indexOf('\n');
  const option = ` --extra prefill_tokens=${tokens.join(',')}`;
  const raw = cell.slice(0, end).endsWith(' --raw') ? ' --raw'.length : 0;
  return cell.slice(0, end - raw) + option + cell.slice(end - raw);
}

function branchDisabledReason(answer: Answer, alternative: number): string | null {
  const text = answer.vocabulary.text(alternative);
  if (/^openai\/(?!gpt-oss)|^azure\//.test(answer.result.model)) {
    return 'OpenAI’s models reply to an assistant message instead of continuing it';
  }
  if (answer.result.no_branch) {
    return answer.result.no_branch;
  }
  if (!answer.isContent) {
    return 'a refusal cannot be continued';
  }
  if (answer.text !== answer.choice.text) {
    return 'the tokens do not spell the answer';
  }
  return text === '' || isSpecial(text) ? 'a control token is not text' : null;
}

/** Return why a conversation cannot continue after an answer; null if it can. */
export function continueDisabledReason({ choice, result }: Answer): string | null {
  const reason = cellDisabledReason(result);
  if (reason !== null) {
    return reason;
  }
  if (choice.tool_calls.length) {
    return 'the answer waits for the results of its tool calls';
  }
  return choice.text ? null : 'there is no answer to continue from';
}

function cellDisabledReason({ cell, request }: PayloadResult): string | null {
  if (!request.is_whole) {
    return 'the request’s attachments are not stored in the notebook';
  }
  if (cell === null) {
    return 'the request cannot be written as a cell';
  }
  return cell ? null : 'the notebook was saved by an earlier version of chat-magic';
}

/** Write the cell that sends a request again; null where it cannot be written. */
export function requestCell({ cell, prefill }: PayloadResult): string | null {
  if (!cell) {
    return null;
  }
  if (prefill) {
    return appendMessages(cell, [{ role: 'assistant', content: prefill }]);
  }
  return cell.block?.replace(/\n$/, '') ?? `${cell.json.replace(/,$/, '')}\n  ]\n}`;
}

/** Write the cell that continues after an answer, with an empty user message to fill in. */
export function continuationCell({ choice, result }: Answer): string {
  return appendToHead(result, [
    { role: 'assistant', content: result.prefill + choice.text },
    { role: 'user', content: '' }
  ]);
}

function appendToHead({ cell }: PayloadResult, messages: readonly AppendedMessage[]): string {
  if (!cell) {
    throw new Error('the result has no cell');
  }
  return appendMessages(cell, messages);
}

/** Append messages to the head of a cell: as a block if that can hold them, else as JSON. */
export function appendMessages(
  { block, json }: PayloadCellHead,
  messages: readonly AppendedMessage[]
): string {
  const hasTemplate = messages.some(({ content }) => TEMPLATE.test(content));
  const fitsBlock = messages.every(({ content }) => content === '' || isBlockText(content));
  if (block !== null && fitsBlock) {
    return withRaw(block, hasTemplate) + messages.map(writeMessage).join('\n');
  }
  const appended = messages.map(message =>
    indented(JSON.stringify({ role: message.role, content: message.content }, null, 2))
  );
  return `${withRaw(json, hasTemplate)}\n${appended.join(',\n')}\n  ]\n}`;
}

/** Indent the lines of a JSON text, which U+2028 does not end. */
function indented(json: string): string {
  return json.replace(/^|(?<=\n)/g, '    ');
}

function isBlockText(text: string): boolean {
  const lines = text.split('\n');
  return !FRAGILE.test(text) && ![lines[0], lines.at(-1)].some(line => BLANK.test(line ?? ''));
}

function writeMessage({ role, content }: AppendedMessage): string {
  const [first, ...others] = content.split('\n');
  const escaped = others.map(line => (MARK.test(line) ? `\\${line}` : line));
  return [`${role}: ${first}`, ...escaped].join('\n');
}

/** Say on the first line of a cell that braces are text. */
function withRaw(head: string, hasTemplate: boolean): string {
  const end = head.indexOf('\n');
  const line = head.slice(0, end);
  return hasTemplate && !line.endsWith(' --raw') ? `${line} --raw${head.slice(end)}` : head;
}
