/** JSON texts, which may stand in a code fence, as trees of positions and as values. */

import { parseTree, printParseErrorCode, type Node, type ParseError } from 'jsonc-parser';
import constants from '../constants.json';
import { pattern } from '../patterns';

/** A number as it is written: digits beyond the 53 bits of a double are kept. */
export class JsonNumber {
  constructor(readonly text: string) {}
}

/** A JSON value; objects keep the order in which their keys are written. */
export type JsonValue = string | boolean | null | JsonNumber | JsonValue[] | Map<string, JsonValue>;

/** A tree of positions in a text. */
export interface JsonTree {
  text: string;
  root: Node;
}

const FENCE = pattern('jsonFence', 'd');
const REASONING_END = pattern('reasoningEnd', 'g');
const STRING = /"(?:[^"\\]|\\[^])*(?:"|\\?$)/g;
const WORD_AT_END = /[^\s{}[\],:"]+$/;
const CUT_WORD =
  /^(?:-?(?:0|[1-9]\d*)?(?:\.\d*)?(?:[eE][-+]?\d*)?|t(?:r(?:ue?)?)?|f(?:a(?:l(?:se?)?)?)?|n(?:u(?:ll?)?)?)$/;
const CUT_STRING_ERRORS = ['UnexpectedEndOfString', 'InvalidEscapeCharacter', 'InvalidUnicode'];

/** Parse a text, what follows its reasoning, or what a code fence holds; null if that is not JSON. */
export function parseJson(text: string, isPartial: boolean): JsonTree | null {
  for (const [start, end] of candidates(text)) {
    const root = parseStretch(' '.repeat(start) + text.slice(start, end), isPartial);
    if (root) {
      return { text, root };
    }
  }
  return null;
}

/** Return the value of a JSON text; undefined if it is not JSON. */
export function jsonValue(text: string): JsonValue | undefined {
  const tree = parseJson(text, false);
  return tree ? valueOf(tree.text, tree.root) : undefined;
}

/** Return the string that a node of a JSON text stands for. */
export function jsonString(text: string, { offset, length }: Node): string {
  const literal = text.slice(offset, offset + length);
  // eslint-disable-next-line no-control-regex
  const escaped = literal.replace(/[\0-\x1f]/g, control => JSON.stringify(control).slice(1, -1));
  return (JSON.parse(escaped) as string).replace(/\p{Surrogate}/gu, '\ufffd');
}

/** Where JSON may be: in all of the text, after its reasoning, or in a code fence there. */
function candidates(text: string): [start: number, end: number][] {
  const ends = Array.from(text.matchAll(REASONING_END), match => match.index + match[0].length);
  const fences = (ends.length ? ends : [0]).flatMap((start): [number, number][] => {
    const inner = FENCE.exec(text.slice(start))?.indices?.[1];
    return inner ? [[start + inner[0], start + inner[1]]] : [];
  });
  return [...[0, ...ends].map((start): [number, number] => [start, text.length]), ...fences];
}

function parseStretch(text: string, isPartial: boolean): Node | null {
  // models write control characters in strings, which JSON does not allow; a cut word is read as a number
  // eslint-disable-next-line no-control-regex
  let source = text.replace(STRING, string => string.replace(/[\0-\x1f]/g, ' '));
  if (isPartial) {
    source = source.replace(WORD_AT_END, word =>
      CUT_WORD.test(word) ? '1'.repeat(word.length) : word
    );
  }
  if (maxDepth(source) > constants.maxJsonDepth) {
    return null;
  }
  const errors: ParseError[] = [];
  const root = parseTree(source, errors, { disallowComments: true });
  return root && errors.every(error => isPartial && isCutOff(error, text.length)) ? root : null;
}

/** Tell whether an error only says that the text breaks off. */
function isCutOff({ error, offset, length }: ParseError, end: number): boolean {
  return (
    offset >= end ||
    (offset + length >= end && CUT_STRING_ERRORS.includes(printParseErrorCode(error)))
  );
}

/** Return how many objects and lists are nested at most. */
function maxDepth(text: string): number {
  let depth = 0;
  let most = 0;
  for (const [bracket] of text.replace(STRING, '').matchAll(/[{}[\]]/g)) {
    depth += bracket === '{' || bracket === '[' ? 1 : -1;
    most = Math.max(most, depth);
  }
  return most;
}

function valueOf(text: string, node: Node): JsonValue {
  const children = node.children ?? [];
  switch (node.type) {
    case 'object':
      return new Map(children.flatMap(({ children: pair }) => entryOf(text, pair)));
    case 'array':
      return children.map(child => valueOf(text, child));
    case 'string':
      return jsonString(text, node);
    case 'number':
      return new JsonNumber(text.slice(node.offset, node.offset + node.length));
    default:
      return node.value as boolean | null;
  }
}

function entryOf(text: string, pair: Node[] | undefined): [string, JsonValue][] {
  const [key, value] = pair ?? [];
  return key && value ? [[jsonString(text, key), valueOf(text, value)]] : [];
}
