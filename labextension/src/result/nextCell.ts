/** Goes on from another token, or after an answer: the cell that asks for it, or why none can. */

import type { Answer } from './answer';
import { isSpecial } from './tokens';
import type { PayloadRequest } from './payload';

export interface Cell {
  model: string;
  request: PayloadRequest;
  /** What the answer is to begin with. */
  prefill: string;
}

export type Branch = { prefill: string } | { reason: string };

const SAFE_WORD = /^[\w./:+][\w./:+-]*$/;
const MARK =
  /^\\*(?:(?:system|developer|user|assistant)(?:\([^()\u0000-\u001f]+\))?:|tool(?:\([^()\u0000-\u001f]+\))?:|@(?:image|audio|file)[ \t]+\S[^\n]*$)/;
/** White space as Python has it, and what only JavaScript takes for it. */
const BLANK = /^[\s\u001c-\u001f\u0085]*$/;
const NAME = /^[^()\p{Cc}]+$/u;
const STRICT = { fatal: true, ignoreBOM: true } as const;

/** Return the text before a token with an alternative in its place, or why that cannot be sent. */
export function branchAt(answer: Answer, place: number, alternative: number): Branch {
  const reason = refusal(answer, alternative);
  if (reason) {
    return { reason };
  }
  const before = answer.bytes(0, place);
  const own = answer.vocabulary.bytes(alternative);
  const bytes = new Uint8Array(before.length + own.length);
  bytes.set(before);
  bytes.set(own, before.length);
  try {
    return { prefill: answer.result.prefill + new TextDecoder('utf-8', STRICT).decode(bytes) };
  } catch {
    return { reason: 'this alternative is a piece of a character, not text' };
  }
}

function refusal(answer: Answer, alternative: number): string | null {
  const { result } = answer;
  const text = answer.vocabulary.text(alternative);
  if (/^openai\/(?!gpt-oss)|^azure\//.test(result.model)) {
    return 'OpenAI’s models answer after an assistant message; they do not go on from it';
  }
  if (!answer.isContent) {
    return 'a refusal cannot be gone on from';
  }
  if (!result.request.is_whole) {
    return 'the request’s attachments are not stored in the notebook';
  }
  if (answer.text !== answer.choice.text) {
    return 'the tokens do not spell the answer';
  }
  return text === '' || isSpecial(text) ? 'a control token is not text' : null;
}

/** Return why a conversation cannot go on after an answer, if so. */
export function whyNotOn({ choice, result }: Answer): string | null {
  if (!result.request.is_whole) {
    return 'the request’s attachments are not stored in the notebook';
  }
  if (choice.tool_calls.length) {
    return 'the answer waits for what its calls return';
  }
  return choice.text ? null : 'there is no answer to go on from';
}

/** Write the cell that goes on after an answer: all that was said, and a user's turn to fill in. */
export function writeNext({ choice, result }: Answer): string {
  const { model, request, prefill } = result;
  const said = { role: 'assistant', content: prefill + choice.text };
  const messages = [...withoutPrefill(request.messages), said];
  return write(model, request, messages, { role: 'user', content: '' });
}

/** Write the cell: messages as a block where the grammar has a form for them, else JSON. */
export function writeCell({ model, request, prefill }: Cell): string {
  return write(model, request, [...withoutPrefill(request.messages), prefillOf(prefill)]);
}

function write(
  model: string,
  request: PayloadRequest,
  messages: Record<string, unknown>[],
  empty: Record<string, unknown> | null = null
): string {
  const parameters = Object.fromEntries(
    Object.entries(request.parameters).filter(([name, value]) => !isDefault(name, value))
  );
  const { extra } = request;
  const all = [...messages, ...(empty ? [empty] : [])];
  const body = { model, messages: all, ...parameters, ...extra };
  const raw = /\{\{|\{%/.test(strings(body).join('\n')) ? ['--raw'] : [];
  if (!messages.every(hasForm) || !SAFE_WORD.test(model)) {
    return `${['%%chat', ...raw].join(' ')}\n${JSON.stringify(body, null, 2)}`;
  }
  const [words, front] = options(parameters);
  const more = Object.keys(extra).length ? { ...front, extra } : front;
  const line = ['%%chat', model, ...words, ...raw].join(' ');
  return [line, ...yaml(more), ...all.map(writeMessage)].join('\n');
}

function prefillOf(text: string): Record<string, unknown> {
  return { role: 'assistant', content: text };
}

/** The old prefill is the beginning of the new one. */
function withoutPrefill(messages: Record<string, unknown>[]): Record<string, unknown>[] {
  const last = messages.at(-1);
  const isPrefill = last?.role === 'assistant' && typeof last.content === 'string';
  return isPrefill ? messages.slice(0, -1) : messages;
}

/** What every request is sent with, and needs no word. */
function isDefault(name: string, value: unknown): boolean {
  return (
    (name === 'stream' && value === true) ||
    (name === 'stream_options' && JSON.stringify(value) === '{"include_usage":true}')
  );
}

function options(parameters: Record<string, unknown>): [string[], Record<string, unknown>] {
  const words: string[] = [];
  const front: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(parameters)) {
    const option = name.replace(/_/g, '-');
    if (typeof value === 'number') {
      words.push(`--${option} ${value}`);
    } else if (typeof value === 'boolean') {
      words.push(
        ...(name === 'logprobs' && 'top_logprobs' in parameters
          ? []
          : [`--${value ? '' : 'no-'}${option}`])
      );
    } else {
      front[name] = value;
    }
  }
  return [words, front];
}

function yaml(front: Record<string, unknown>): string[] {
  const lines = Object.entries(front).map(([name, value]) => `${name}: ${inYaml(value)}`);
  return lines.length ? ['---', ...lines, '---'] : [];
}

/** Write a value as JSON, which YAML reads but for what it takes for the end of a line. */
function inYaml(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u007f-\u009f\u2028\u2029\ufeff]/g,
    found => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`
  );
}

function writeMessage(message: Record<string, unknown>): string {
  const who = message.name ?? message.tool_call_id;
  const head = who === undefined ? String(message.role) : `${String(message.role)}(${String(who)})`;
  const [first, ...others] = String(message.content).split('\n');
  return [`${head}: ${first}`, ...others.map(line => (MARK.test(line) ? `\\${line}` : line))].join(
    '\n'
  );
}

/** Tell whether a block can hold the message: a text with no blank line at its ends. */
function hasForm(message: Record<string, unknown>): boolean {
  const { role, content, name, tool_call_id: call, ...others } = message;
  const who = role === 'tool' ? call : name;
  const isNamed = who === undefined || (typeof who === 'string' && NAME.test(who));
  const isKnown = ['system', 'developer', 'user', 'assistant', 'tool'].includes(String(role));
  const isPlain = Object.keys(others).length === 0 && (role === 'tool' ? name : call) === undefined;
  if (!isKnown || !isPlain || !isNamed || typeof content !== 'string' || /\r/.test(content)) {
    return false;
  }
  const lines = content.split('\n');
  return !BLANK.test(lines[0]) && !BLANK.test(lines[lines.length - 1]);
}

function strings(value: unknown): string[] {
  if (typeof value === 'string') {
    return [value];
  }
  return value && typeof value === 'object' ? Object.values(value).flatMap(strings) : [];
}
