/** Splits a `%%chat` line into words as chat_magic/core/cell/line.py does. */

export interface LineWord {
  text: string;
  from: number;
  to: number;
}

const CLOSING_BRACKETS: Record<string, string> = { '{': '}', '[': ']' };
const JSON_STRING = /"(?:[^"\\]|\\.)*"/y;

/** Split a line into words as typed; closed quotes and brackets group, an open quote takes the rest. */
export function lineWords(line: string, start: number): LineWord[] {
  const words: LineWord[] = [];
  let position = start;
  for (;;) {
    while (position < line.length && /\s/.test(line[position])) {
      position += 1;
    }
    if (position >= line.length) {
      return words;
    }
    const from = position;
    while (position < line.length && !/\s/.test(line[position])) {
      position = groupEnd(line, from, position);
    }
    words.push({ text: line.slice(from, position), from, to: position });
  }
}

function groupEnd(line: string, from: number, position: number): number {
  const character = line[position];
  const mayQuote = position === from || line[position - 1] === '=';
  if (mayQuote && (character === "'" || character === '"')) {
    const closing = line.indexOf(character, position + 1);
    return closing < 0 ? line.length : closing + 1;
  }
  return (character in CLOSING_BRACKETS && bracketEnd(line, position)) || position + 1;
}

function bracketEnd(line: string, start: number): number | null {
  const expected: string[] = [];
  for (let position = start; position < line.length; position += 1) {
    JSON_STRING.lastIndex = position;
    const string = line[position] === '"' ? JSON_STRING.exec(line) : null;
    if (string) {
      position += string[0].length - 1;
    } else if (line[position] in CLOSING_BRACKETS) {
      expected.push(CLOSING_BRACKETS[line[position]]);
    } else if (line[position] === expected.at(-1)) {
      expected.pop();
      if (!expected.length) {
        return position + 1;
      }
    }
  }
  return null;
}
