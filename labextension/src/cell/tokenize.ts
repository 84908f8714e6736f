/** What stands where in a `%%chat` cell, for colouring; prose is left to Markdown. */

import { readHead } from './chatCell';
import { readLine } from './line';
import { ATTACHMENTS, findField, ROLES } from './vocabulary';

export type Kind =
  | 'code'
  | 'magic'
  | 'model'
  | 'option'
  | 'unknown'
  | 'value'
  | 'silence'
  | 'fence'
  | 'field'
  | 'comment'
  | 'role'
  | 'attachment'
  | 'path'
  | 'escape'
  | 'template';

/** A stretch of the cell; `code` is the ground of others, where Markdown has no say. */
export interface Mark {
  kind: Kind;
  start: number;
  end: number;
}

const ROLE = new RegExp(`^(?:(?:${ROLES.slice(0, -1).join('|')})(?:\\([^()\\n]+\\))?|tool\\([^()\\n]+\\)):`);
const ATTACHMENT = new RegExp(`^@(?:${ATTACHMENTS.join('|')})(?=[ \\t]+\\S)`);
const STATEMENTS =
  'for|endfor|break|continue|if|elif|else|endif|set|endset|with|endwith|macro|endmacro|call|endcall|filter|endfilter|raw|endraw';
const TEMPLATE = new RegExp(`\\{\\{[\\s\\S]*?\\}\\}|\\{%[-+]?\\s*(?:${STATEMENTS})\\b[\\s\\S]*?%\\}`, 'g');
const JSON_START = /^\s*(?:\{\s*(?:["']|\w+\s*:)|\[\s*\{)/;
const JSON_PART = /("(?:[^"\\\n]|\\.)*"?)(\s*:)?/g;
const YAML_LINE = /^(?:(\s*(?:- +)?)([\w-]+|"[^"\n]*"|'[^'\n]*')(?=:(?:\s|$)))?(.*?)((?:^|\s)#.*)?$/;

/** Return the marks of a chat cell, none of any other. */
export function tokenize(source: string): Mark[] {
  const head = readHead(source);
  if (!head) {
    return [];
  }
  const marks = markLine(source, head.lineStart, head.lineEnd);
  const isRaw = marks.some(mark => mark.kind === 'option' && source.slice(mark.start, mark.end) === '--raw');
  markBody(source, head.lineEnd + 1, marks);
  if (!isRaw) {
    for (const match of source.matchAll(TEMPLATE)) {
      marks.push({ kind: 'template', start: match.index, end: match.index + match[0].length });
    }
  }
  return marks;
}

function markLine(source: string, start: number, end: number): Mark[] {
  const magic = source.indexOf('%%chat');
  const line = source.slice(start, end);
  const silence = /;\s*$/.exec(line);
  const marks: Mark[] = [
    { kind: 'code', start: magic, end },
    { kind: 'magic', start: magic, end: start }
  ];
  for (const part of readLine(silence ? line.slice(0, silence.index) : line)) {
    marks.push({ kind: part.kind, start: start + part.start, end: start + part.end });
  }
  if (silence) {
    marks.push({ kind: 'silence', start: start + silence.index, end: start + silence.index + 1 });
  }
  return marks.filter(mark => mark.end > mark.start);
}

function markBody(source: string, start: number, marks: Mark[]): void {
  let place = start;
  let block: 'none' | 'open' | 'done' = 'none';
  for (const line of source.slice(start).split('\n')) {
    const isFence = line.trimEnd() === '---' && block !== 'done';
    if (isFence) {
      block = block === 'none' ? 'open' : 'done';
      marks.push({ kind: 'fence', start: place, end: place + line.length });
    } else if (block === 'open') {
      markYaml(line, place, marks);
    } else if (line.trim()) {
      if (JSON_START.test(source.slice(place)) && isFirst(source, start, place, block === 'done')) {
        markJson(source, place, marks);
        return;
      }
      block = 'done';
      markMessageLine(line, place, marks);
    }
    place += line.length + 1;
  }
}

/** Say whether nothing but blank lines, or the YAML block, comes before. */
function isFirst(source: string, start: number, place: number, isBelowBlock: boolean): boolean {
  const above = source.slice(start, place);
  return !above.trim() || (isBelowBlock && above.trimEnd().endsWith('\n---'));
}

function markYaml(line: string, place: number, marks: Mark[]): void {
  const [, indent = '', key = '', , comment = ''] = YAML_LINE.exec(line) ?? [];
  if (line) {
    marks.push({ kind: 'code', start: place, end: place + line.length });
  }
  if (key) {
    const start = place + indent.length;
    const isKnown = indent.length > 0 || findField(key) !== undefined;
    marks.push({ kind: isKnown ? 'field' : 'unknown', start, end: start + key.length });
  }
  if (comment) {
    marks.push({ kind: 'comment', start: place + line.length - comment.length, end: place + line.length });
  }
}

function markJson(source: string, place: number, marks: Mark[]): void {
  marks.push({ kind: 'code', start: place, end: source.length });
  for (const match of source.slice(place).matchAll(JSON_PART)) {
    const start = place + match.index;
    marks.push({ kind: match[2] ? 'field' : 'value', start, end: start + match[1].length });
  }
}

function markMessageLine(line: string, place: number, marks: Mark[]): void {
  const role = ROLE.exec(line);
  const attachment = ATTACHMENT.exec(line);
  if (role) {
    marks.push({ kind: 'role', start: place, end: place + role[0].length });
  } else if (attachment) {
    const end = place + attachment[0].length;
    const gap = line.length - line.slice(attachment[0].length).trimStart().length;
    marks.push({ kind: 'attachment', start: place, end });
    marks.push({ kind: 'path', start: place + gap, end: place + line.trimEnd().length });
  } else if (line.startsWith('\\') && isMark(line.replace(/^\\+/, ''))) {
    marks.push({ kind: 'escape', start: place, end: place + 1 });
  }
}

function isMark(line: string): boolean {
  return ROLE.test(line) || ATTACHMENT.test(line);
}
