/** Splits a `%%chat` line into words as chat_magic/core/cell/line.py does. */

export interface LineWord {
  text: string;
  from: number;
  to: number;
}

const CLOSING_BRACKETS = new Map([
  ['{', '}'],
  ['[', ']']
]);
const JSON_STRING = /"(?:[^"\\]|\\.)*"/y;

/** Split a line into words as typed; closed quotes and brackets group, an open quote takes the rest. */
export function lineWords(line: string, start: number): LineWord[] {
  const words: LineWord[] = [];
  let position = start;
  for (;;) {
    while (position < line.length && /\s/.test(line.charAt(position))) {
      position += 1;
    }
    if (position >= line.length) {
      return words;
    }
    const from = position;
    while (position < line.length && !/\s/.test(line.charAt(position))) {
      position = groupEnd(line, from, position);
    }
    words.push({ text: line.slice(from, position), from, to: position });
  }
}

function groupEnd(line: string, from: number, position: number): number {
  const character = line.charAt(position);
  const mayQuote = position === from || line[position - 1] === '=';
  if (mayQuote && (character === "'" || character === '"')) {
    const closing = line.indexOf(character, position + 1);
    return closing < 0 ? line.length : closing + 1;
  }
  const end = CLOSING_BRACKETS.has(character) ? bracketEnd(line, position) : null;
  return end ?? position + 1;
}

function bracketEnd(line: string, start: number): number | null {
  const expected: string[] = [];
  for (let position = start; position < line.length; position += 1) {
    const character = line.charAt(position);
    const closing = CLOSING_BRACKETS.get(character);
    JSON_STRING.lastIndex = position;
    const string = character === '"' ? JSON_STRING.exec(line) : null;
    if (string) {
      position += string[0].length - 1;
    } else if (closing) {
      expected.push(closing);
    } else if (character === expected.at(-1)) {
      expected.pop();
      if (!expected.length) {
        return position + 1;
      }
    }
  }
  return null;
}
