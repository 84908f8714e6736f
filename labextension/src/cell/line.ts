/** The words of a `%%chat` line, grouped as the kernel groups them. */

import { findOption, type Option } from './vocabulary';

/** Where a word stands in the line. */
export interface Word {
  start: number;
  end: number;
  text: string;
}

/** A word and what it is; an option's value may stand in the same word, after `=`. */
export interface LinePart {
  kind: 'model' | 'option' | 'value' | 'unknown';
  start: number;
  end: number;
  option?: Option;
}

const CLOSING: Record<string, string> = { '{': '}', '[': ']' };
const JSON_STRING = /"(?:[^"\\]|\\.)*"/y;

/** Split a line; quotes and brackets that close group, and an open quote takes the rest. */
export function words(line: string): Word[] {
  const found: Word[] = [];
  let place = 0;
  for (;;) {
    while (place < line.length && /\s/.test(line[place])) {
      place += 1;
    }
    if (place === line.length) {
      return found;
    }
    const start = place;
    while (place < line.length && !/\s/.test(line[place])) {
      place = groupEnd(line, start, place);
    }
    found.push({ start, end: place, text: line.slice(start, place) });
  }
}

/** Say what each word of a line is. */
export function readLine(line: string): LinePart[] {
  const parts: LinePart[] = [];
  let awaiting: Option | undefined;
  for (const { start, end, text } of words(line)) {
    if (awaiting) {
      parts.push({ kind: 'value', start, end, option: awaiting });
      awaiting = undefined;
    } else if (!text.startsWith('-')) {
      const isModel = !parts.some(part => part.kind === 'model');
      parts.push({ kind: isModel ? 'model' : 'unknown', start, end });
    } else {
      const equals = text.indexOf('=');
      const nameEnd = equals < 0 ? end : start + equals;
      const option = findOption(line.slice(start, nameEnd));
      parts.push({ kind: option ? 'option' : 'unknown', start, end: nameEnd, option });
      if (equals >= 0) {
        parts.push({ kind: 'value', start: nameEnd + 1, end, option });
      } else if (option?.value) {
        awaiting = option;
      }
    }
  }
  return parts;
}

function groupEnd(line: string, start: number, place: number): number {
  const character = line[place];
  const mayQuote = place === start || line[place - 1] === '=';
  if (mayQuote && (character === "'" || character === '"')) {
    const closing = line.indexOf(character, place + 1);
    return closing < 0 ? line.length : closing + 1;
  }
  return character in CLOSING ? bracketEnd(line, place) : place + 1;
}

function bracketEnd(line: string, start: number): number {
  const expected: string[] = [];
  for (let place = start; place < line.length; place += 1) {
    JSON_STRING.lastIndex = place;
    const string = JSON_STRING.exec(line);
    if (string) {
      place += string[0].length - 1;
    } else if (line[place] in CLOSING) {
      expected.push(CLOSING[line[place]]);
    } else if (line[place] === expected.at(-1)) {
      expected.pop();
      if (!expected.length) {
        return place + 1;
      }
    }
  }
  return start + 1;
}
