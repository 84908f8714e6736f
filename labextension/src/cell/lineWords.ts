/** The words of a `%%chat` line, grouped as chat_magic/core/cell/line.py groups them. */

export interface LineWord {
  text: string;
  from: number;
  to: number;
}

const CLOSING: Record<string, string> = { '{': '}', '[': ']' };
const JSON_STRING = /"(?:[^"\\]|\\.)*"/y;

/** Split a line into words as typed; quotes and brackets that close group, an open quote takes the rest. */
export function words(line: string, start: number): LineWord[] {
  const found: LineWord[] = [];
  let place = start;
  for (;;) {
    while (place < line.length && /\s/.test(line[place])) {
      place += 1;
    }
    if (place >= line.length) {
      return found;
    }
    const from = place;
    while (place < line.length && !/\s/.test(line[place])) {
      place = groupEnd(line, from, place);
    }
    found.push({ text: line.slice(from, place), from, to: place });
  }
}

function groupEnd(line: string, from: number, place: number): number {
  const character = line[place];
  const mayQuote = place === from || line[place - 1] === '=';
  if (mayQuote && (character === "'" || character === '"')) {
    const closing = line.indexOf(character, place + 1);
    return closing < 0 ? line.length : closing + 1;
  }
  return (character in CLOSING && bracketEnd(line, place)) || place + 1;
}

function bracketEnd(line: string, start: number): number | null {
  const expected: string[] = [];
  for (let place = start; place < line.length; place += 1) {
    JSON_STRING.lastIndex = place;
    const string = line[place] === '"' ? JSON_STRING.exec(line) : null;
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
  return null;
}
