/** Finds what a `%%chat` cell's colours mark: text in, ranges out. */

import { FIELDS, magicName, optionOf } from './grammar';
import { words } from './lineWords';

/** `ground` lies below other marks, where Markdown has no say. */
export type Kind =
  | 'ground'
  | 'magic'
  | 'option'
  | 'unknown'
  | 'fence'
  | 'key'
  | 'comment'
  | 'role'
  | 'attachment'
  | 'escape'
  | 'template';

export interface Mark {
  kind: Kind;
  from: number;
  to: number;
}

type Place = 'before' | 'front' | 'below' | 'messages';

const ROLE = /^(?:(?:system|developer|user|assistant)(?:\([^()\p{Cc}]+\))?|tool\([^()\p{Cc}]+\)):/u;
const ATTACHMENT = /^@(?:image|audio|file)(?=[ \t]+\S)/;
const KEY = /^(\s*(?:- +)?)([\w-]+:)(?=\s|$)/;
const COMMENT = /(?<=^|\s)#[^"']*$/;
const JSON_BODY = /^\s*(?:\{\s*(?:["']|\w+\s*:)|\[\s*\{)/;
const JSON_KEY = /("(?:[^"\\\n]|\\.)*")\s*:|"(?:[^"\\\n]|\\.)*"/g;
const FIELD_NAMES = new Set(FIELDS.map(field => field.name));
const STATEMENT =
  'for|endfor|break|continue|if|elif|else|endif|set|endset|with|endwith|macro|endmacro|call|endcall|filter|endfilter|raw|endraw';
const OPENING = new RegExp(String.raw`\{\{|\{%[-+]?\s*(?:${STATEMENT})\b`, 'g');

/** Return the marks of a `%%chat` cell, sorted by where they begin; the wider comes first. */
export function marksOf(text: string): Mark[] {
  const name = magicName(text);
  if (!name) {
    return [];
  }
  const end = lineEnd(text, name.to);
  const line = text.slice(0, end);
  const given = words(line, name.to);
  const marks: Mark[] = [
    { kind: 'ground', from: name.from, to: end },
    { kind: 'magic', ...name },
    ...optionMarks(given),
    ...bodyMarks(text, Math.min(end + 1, text.length))
  ];
  if (!given.some(word => word.text === '--raw')) {
    marks.push(...templateMarks(text, name.to));
  }
  return marks.sort((one, other) => one.from - other.from || other.to - one.to);
}

function lineEnd(text: string, position: number): number {
  const end = text.indexOf('\n', position);
  return end < 0 ? text.length : end;
}

function optionMarks(given: ReturnType<typeof words>): Mark[] {
  const marks: Mark[] = [];
  for (let place = 0; place < given.length; place += 1) {
    const { text, from, to } = given[place];
    if (!text.startsWith('-')) {
      continue;
    }
    const option = optionOf(text);
    const equals = text.indexOf('=');
    const isBeingTyped = place === given.length - 1 && equals < 0;
    if (option || !isBeingTyped) {
      marks.push({
        kind: option ? 'option' : 'unknown',
        from,
        to: equals < 0 ? to : from + equals
      });
    }
    if (option?.value && equals < 0) {
      place += 1; // the next word is its value, also when it starts with a hyphen
    }
  }
  return marks;
}

function bodyMarks(text: string, start: number): Mark[] {
  const marks: Mark[] = [];
  let position = start;
  let place = 'before' as Place;
  for (const line of text.slice(start).split('\n')) {
    const isFence = line.trimEnd() === '---';
    if (
      (place === 'before' || place === 'below') &&
      JSON_BODY.test(line.trim() ? text.slice(position) : '')
    ) {
      return [...marks, ...jsonMarks(text, position)];
    }
    if (place === 'front' || (place === 'before' && isFence)) {
      marks.push(...(isFence ? whole('fence', line, position) : frontMarks(line, position)));
      place = place === 'front' && isFence ? 'below' : 'front';
    } else {
      place = line.trim() ? 'messages' : place;
      marks.push(...messageMarks(line, position));
    }
    position += line.length + 1;
  }
  return marks;
}

function whole(kind: Kind, line: string, from: number): Mark[] {
  return line ? [{ kind, from, to: from + line.length }] : [];
}

function jsonMarks(text: string, start: number): Mark[] {
  const keys = [...text.slice(start).matchAll(JSON_KEY)].filter(match => match[1]);
  return [
    { kind: 'ground', from: start, to: text.length },
    ...keys.map(({ index, 1: key }): Mark => ({
      kind: 'key',
      from: start + index,
      to: start + index + key.length
    }))
  ];
}

function frontMarks(line: string, position: number): Mark[] {
  const marks = whole('ground', line, position);
  const comment = COMMENT.exec(line);
  if (comment) {
    marks.push({ kind: 'comment', from: position + comment.index, to: position + line.length });
  }
  const [, indent, key] = KEY.exec(line) ?? [];
  if (key) {
    const from = position + indent.length;
    const isKnown = indent !== '' || FIELD_NAMES.has(key.slice(0, -1));
    marks.push({ kind: isKnown ? 'key' : 'unknown', from, to: from + key.length });
  }
  return marks;
}

function messageMarks(line: string, position: number): Mark[] {
  const role = ROLE.exec(line)?.[0];
  if (role) {
    return whole('role', role, position);
  }
  const attachment = ATTACHMENT.exec(line)?.[0];
  if (attachment) {
    return [...whole('ground', line, position), ...whole('attachment', attachment, position)];
  }
  const escaped = line.startsWith('\\') ? line.replace(/^\\+/, '') : '';
  return ROLE.test(escaped) || ATTACHMENT.test(escaped) ? whole('escape', '\\', position) : [];
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
