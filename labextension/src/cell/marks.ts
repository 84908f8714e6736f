/** Finds what a `%%chat` cell's colours mark: text in, ranges out. */

import { magicName, optionOf, words } from './grammar';

export type Kind = 'line' | 'magic' | 'option' | 'front' | 'key' | 'role' | 'attachment' | 'template';

export interface Mark {
  kind: Kind;
  from: number;
  to: number;
}

type Place = 'before' | 'front' | 'messages';

const ROLE = /^(?:(?:system|developer|user|assistant)(?:\([^()\p{Cc}]+\))?|tool\([^()\p{Cc}]+\)):/u;
const ATTACHMENT = /^@(?:image|audio|file)(?=[ \t]+\S)/;
const KEY = /^\s*[\w-]+:(?=\s|$)/;
const JSON_BODY = /^\s*[{[]/;
const STATEMENT =
  'for|endfor|break|continue|if|elif|else|endif|set|endset|with|endwith|macro|endmacro|call|endcall|filter|endfilter|raw|endraw';
const TEMPLATE = new RegExp(String.raw`\{\{[^]*?\}\}|\{%[-+]?\s*(?:${STATEMENT})\b[^]*?%\}`, 'g');

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
    { kind: 'line', from: name.from, to: end },
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
    const option = text.startsWith('-') ? optionOf(text) : undefined;
    if (!option) {
      continue;
    }
    const equals = text.indexOf('=');
    marks.push({ kind: 'option', from, to: equals < 0 ? to : from + equals });
    if (option.value && equals < 0) {
      place += 1; // the next word is its value, also when it starts with a hyphen
    }
  }
  return marks;
}

function bodyMarks(text: string, start: number): Mark[] {
  const body = text.slice(start);
  if (JSON_BODY.test(body)) {
    return [];
  }
  const marks: Mark[] = [];
  let position = start;
  let place = 'before' as Place;
  for (const line of body.split('\n')) {
    const isFence = line.trimEnd() === '---';
    const to = position + line.length;
    if (place === 'front' || (place === 'before' && isFence)) {
      marks.push(...frontMarks(line, position));
      place = place === 'front' && isFence ? 'messages' : 'front';
    } else {
      place = line.trim() || place === 'messages' ? 'messages' : 'before';
      marks.push(...messageMarks(line, position));
    }
    position = to + 1;
  }
  return marks;
}

function frontMarks(line: string, position: number): Mark[] {
  const key = KEY.exec(line)?.[0];
  const whole: Mark = { kind: 'front', from: position, to: position + line.length };
  if (!key) {
    return line ? [whole] : [];
  }
  const from = position + key.length - key.trimStart().length;
  return [whole, { kind: 'key', from, to: position + key.length }];
}

function messageMarks(line: string, position: number): Mark[] {
  const role = ROLE.exec(line)?.[0];
  const attachment = ATTACHMENT.exec(line)?.[0];
  if (role) {
    return [{ kind: 'role', from: position, to: position + role.length }];
  }
  return attachment ? [{ kind: 'attachment', from: position, to: position + line.length }] : [];
}

function templateMarks(text: string, start: number): Mark[] {
  return [...text.slice(start).matchAll(TEMPLATE)].map(match => ({
    kind: 'template',
    from: start + match.index,
    to: start + match.index + match[0].length
  }));
}
