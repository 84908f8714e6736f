/** Finds the ranges of `%%chat` cells and `%chat` lines that are highlighted. */

import { chatLines, type ChatLine } from './chatLines';
import { FIELDS, magicName, optionOf } from './grammar';
import { patternSource, wholePattern } from '../patterns';
import { itemAt } from '../result/indexing';
import { lineWords, type LineWord } from './lineWords';
import { valueProblem } from './valueCheck';

/** `ground` is below other marks, and keeps Markdown's colours away. */
export type MarkKind =
  | 'ground'
  | 'magic'
  | 'option'
  | 'unknown'
  | 'invalid'
  | 'fence'
  | 'key'
  | 'comment'
  | 'role'
  | 'attachment'
  | 'escape'
  | 'template';

export interface Mark {
  kind: MarkKind;
  from: number;
  to: number;
  /** What is wrong. */
  title?: string;
}

type Section = 'before' | 'front' | 'below' | 'messages';

const ROLE = new RegExp(`^${patternSource('role')}`, 'u');
const NEAR_ROLE = new RegExp(`^${patternSource('nearRole')}`, 'iu');
const LIST_ITEM = /^\s*(?:[-*+]|\d+[.)])[ \t]+/;
const ATTACHMENT = wholePattern('attachment');
const KEY = /^(\s*(?:- +)?)([\w-]+:)(?=\s|$)/;
/** The line before a text of several lines, which are indented deeper and no keys. */
const BLOCK_SCALAR = /(?::|^\s*-)\s+[|>][-+\d]*\s*(?:#.*)?$/;
const COMMENT = /(?<=^|\s)#[^"']*$/;
const JSON_BODY = new RegExp(`^${patternSource('jsonBody')}`, 'u');
const JSON_KEY = /("(?:[^"\\\n]|\\.)*")\s*:|"(?:[^"\\\n]|\\.)*"/g;
const FIELD_NAMES = new Set(FIELDS.map(field => field.name));
const OPENING = new RegExp(String.raw`\{\{|${patternSource('templateTag')}`, 'gu');

/** Return the marks of a cell, sorted by where they begin; the wider comes first. */
export function marksOf(text: string): Mark[] {
  const name = magicName(text);
  const marks = name
    ? cellMarks(text, name)
    : chatLines(text).flatMap(line => lineMarks(text, line));
  return marks.sort((a, b) => a.from - b.from || b.to - a.to);
}

/** Return the marks of a `%chat` line: its options stand before its prompt, or before a command. */
function lineMarks(text: string, { name, to }: ChatLine): Mark[] {
  const line = text.slice(0, to);
  const words = lineWords(line, name.to);
  const { marks, rest } = optionMarks(words, true);
  const isRaw = words.slice(0, rest).some(word => word.text === '--raw');
  const command = words[rest];
  return [
    { kind: 'ground', from: name.from, to },
    { kind: 'magic', ...name },
    ...marks,
    ...(command?.text.startsWith('/') ? [{ ...command, kind: 'option' as const }] : []),
    ...(isRaw ? [] : templateMarks(line, name.to))
  ];
}

function cellMarks(text: string, name: { from: number; to: number }): Mark[] {
  const end = lineEnd(text, name.to);
  const line = text.slice(0, end);
  const words = lineWords(line, name.to);
  const marks: Mark[] = [
    { kind: 'ground', from: name.from, to: end },
    { kind: 'magic', ...name },
    ...optionMarks(words).marks,
    ...bodyMarks(text, Math.min(end + 1, text.length))
  ];
  if (!words.some(word => word.text === '--raw')) {
    marks.push(...templateMarks(text, name.to));
  }
  return marks;
}

function lineEnd(text: string, position: number): number {
  const end = text.indexOf('\n', position);
  return end < 0 ? text.length : end;
}

/**
 * Return the marks of options, and the index of the word that is not read as one.
 *
 * With a prompt that is its first word, which `--` lets begin with a hyphen.
 */
function optionMarks(
  words: readonly LineWord[],
  hasPrompt = false
): { marks: Mark[]; rest: number } {
  const marks: Mark[] = [];
  for (let index = 0; index < words.length; index += 1) {
    const { text, from, to } = itemAt(words, index);
    if (hasPrompt && (text === '--' || !text.startsWith('-'))) {
      return { marks, rest: index };
    }
    if (!text.startsWith('-')) {
      continue;
    }
    const option = optionOf(text);
    const equals = text.indexOf('=');
    const isBeingTyped = index === words.length - 1 && equals < 0;
    if (option || !isBeingTyped) {
      marks.push({
        kind: option ? 'option' : 'unknown',
        from,
        to: equals < 0 ? to : from + equals
      });
    }
    let value: LineWord | undefined = { text: text.slice(equals + 1), from: from + equals + 1, to };
    if (option?.value && equals < 0) {
      index += 1; // the next word is its value, also when it starts with a hyphen
      value = words[index];
    }
    if (option?.value && value) {
      marks.push(...invalid(valueProblem(option.field, value.text), value.from, value.to));
    }
  }
  return { marks, rest: words.length };
}

/** Return a mark if there is a problem. */
function invalid(title: string | null, from: number, to: number): Mark[] {
  return title ? [{ kind: 'invalid', from, to, title }] : [];
}

/** Mark what is below the line; a closing `---` that is indented, which is a mistake, closes too. */
function bodyMarks(text: string, start: number): Mark[] {
  const marks: Mark[] = [];
  let position = start;
  let section: Section = 'before';
  let isAfterList = false;
  let scalar: number | null = null;
  for (const line of text.slice(start).split('\n')) {
    const isFence = line.trimEnd() === '---';
    const indent = line.search(/\S/);
    if (
      (section === 'before' || section === 'below') &&
      JSON_BODY.test(line.trim() ? text.slice(position) : '')
    ) {
      return [...marks, ...jsonMarks(text, position)];
    }
    if (section === 'front' && scalar !== null && (indent < 0 || indent > scalar)) {
      marks.push(...whole('ground', line, position));
    } else if (section === 'front' || (section === 'before' && isFence)) {
      marks.push(...(isFence ? whole('fence', line, position) : frontMarks(line, position)));
      scalar = BLOCK_SCALAR.test(line) ? indent : null;
      section = section === 'front' && line.trim() === '---' ? 'below' : 'front';
    } else {
      section = line.trim() ? 'messages' : section;
      marks.push(...messageMarks(line, position, isAfterList));
      isAfterList = LIST_ITEM.test(line);
    }
    position += line.length + 1;
  }
  return marks;
}

function whole(kind: MarkKind, line: string, from: number): Mark[] {
  return line ? [{ kind, from, to: from + line.length }] : [];
}

function jsonMarks(text: string, start: number): Mark[] {
  const keys = [...text.slice(start).matchAll(JSON_KEY)].filter(match => match[1]);
  return [
    { kind: 'ground', from: start, to: text.length },
    ...keys.map(({ index, 1: key = '' }): Mark => ({
      kind: 'key',
      from: start + index,
      to: start + index + key.length
    }))
  ];
}

function frontMarks(line: string, position: number): Mark[] {
  const marks = whole('ground', line, position);
  if (line.trim() === '---') {
    return [
      ...marks,
      ...invalid('--- stands at the start of its line', position, position + line.length)
    ];
  }
  const comment = COMMENT.exec(line);
  if (comment) {
    marks.push({ kind: 'comment', from: position + comment.index, to: position + line.length });
  }
  const [, indent = '', key] = KEY.exec(line) ?? [];
  if (key) {
    const from = position + indent.length;
    const isKnown = indent !== '' || FIELD_NAMES.has(key.slice(0, -1));
    marks.push({ kind: isKnown ? 'key' : 'unknown', from, to: from + key.length });
    const end = comment?.index ?? line.length;
    const value = line.slice(key.length, end).trim();
    if (!indent && value) {
      const start = position + line.indexOf(value, key.length);
      marks.push(...invalid(valueProblem(key.slice(0, -1), value), start, start + value.length));
    }
  }
  return marks;
}

function messageMarks(line: string, position: number, isAfterList: boolean): Mark[] {
  const role = roleMark(line);
  if (role) {
    return whole('role', role, position);
  }
  const attachment = attachmentMark(line);
  if (attachment) {
    return [...whole('ground', line, position), ...whole('attachment', attachment, position)];
  }
  const near = nearRoleMark(line, isAfterList);
  if (near) {
    return invalid(near.problem, position + near.from, position + near.to);
  }
  const escaped = line.startsWith('\\') ? line.replace(/^\\+/, '') : '';
  return roleMark(escaped) || attachmentMark(escaped) ? whole('escape', '\\', position) : [];
}

/** Return the part of a line that opens a message; `tool` requires an id. */
function roleMark(line: string): string | undefined {
  const match = ROLE.exec(line);
  return match?.groups?.tool && !match.groups.call ? undefined : match?.[0];
}

/** Return what looks like a role line to people only, and why it is text. */
function nearRoleMark(
  line: string,
  isAfterList: boolean
): { from: number; to: number; problem: string } | null {
  const from = isAfterList ? (LIST_ITEM.exec(line)?.[0].length ?? 0) : 0;
  const match = NEAR_ROLE.exec(line.slice(from));
  if (!match) {
    return null;
  }
  const { indent = '', role = '' } = match.groups ?? {};
  const problem = whyText(role, from > 0 || indent !== '');
  return { from: from + indent.length, to: from + match[0].length, problem };
}

function whyText(role: string, isIndented: boolean): string {
  if (isIndented) {
    return 'text: a role begins at the start of its line';
  }
  if (role !== role.toLowerCase()) {
    return 'text: roles are written in lowercase';
  }
  return role === 'tool'
    ? 'a tool message names its call: tool(CALL_ID):'
    : `text: a role ends in a colon, ${role}:`;
}

/** Return the part of a line that says that it attaches a file. */
function attachmentMark(line: string): string | undefined {
  const kind = ATTACHMENT.exec(line)?.groups?.kind;
  return kind && `@${kind}`;
}

/** Mark templates up to the first that is not closed. */
function templateMarks(text: string, start: number): Mark[] {
  const marks: Mark[] = [];
  OPENING.lastIndex = start;
  for (let match = OPENING.exec(text); match; match = OPENING.exec(text)) {
    const closing = text.indexOf(match[0] === '{{' ? '}}' : '%}', OPENING.lastIndex);
    if (closing < 0) {
      break;
    }
    OPENING.lastIndex = closing + 2;
    marks.push({ kind: 'template', from: match.index, to: closing + 2 });
  }
  return marks;
}
