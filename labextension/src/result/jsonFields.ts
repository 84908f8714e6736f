/** Where the values of a JSON text stand in it, each under its JSON Pointer. */

import type { Segment } from './segments';

const LEXEME = /\s*(?:([{}[\],:])|("(?:[^"\\]|\\[\s\S])*(?:"|\\?$))|([^\s{}[\],:"]+))/y;
const STRING = /"(?:[^"\\]|\\[\s\S])*"/g;
const FENCE = /```[^\n]*\n([\s\S]*?)(?:\n[ \t]*```|$)/;
const CUT_WORD =
  /^(?:-?(?:0|[1-9]\d*)?(?:\.\d*)?(?:[eE][-+]?\d*)?|t(?:r(?:ue?)?)?|f(?:a(?:l(?:se?)?)?)?|n(?:u(?:ll?)?)?)$/;
const MAX_DEPTH = 500;

interface Level {
  pointer: string;
  isList: boolean;
  index: number;
  key: string;
  start: number;
}

/** Find strings, numbers, literals, empty objects and lists; nothing where it is not JSON. */
export function jsonFields(text: string): Segment[] {
  for (const [start, end] of spansOf(text)) {
    const fields = new Scanner(text.slice(0, end), start).fields();
    if (fields) {
      return fields;
    }
  }
  return [];
}

/** Return the value of a JSON text, which may stand in a code fence; undefined where it is none. */
export function jsonValue(text: string): unknown {
  for (const [start, end] of spansOf(text)) {
    const own = text.slice(start, end);
    if (depthOf(own) > MAX_DEPTH) {
      continue;
    }
    try {
      return JSON.parse(own.replace(STRING, each => each.replace(/[\0-\x1f]/g, escaped)));
    } catch {
      continue;
    }
  }
  return undefined;
}

/** Return how many objects and lists stand within each other at the most. */
function depthOf(text: string): number {
  let [depth, most] = [0, 0];
  for (const [mark] of text.replace(STRING, '').matchAll(/[{}[\]]/g)) {
    depth += '{['.includes(mark) ? 1 : -1;
    most = Math.max(most, depth);
  }
  return most;
}

/** Where JSON may stand: everywhere, or in the first code fence. */
function spansOf(text: string): [start: number, end: number][] {
  const fence = FENCE.exec(text);
  const inner = fence ? fence.index + fence[0].indexOf('\n') + 1 : 0;
  return [
    [0, text.length],
    ...(fence ? [[inner, inner + fence[1].length] as [number, number]] : [])
  ];
}

function escaped(control: string): string {
  return JSON.stringify(control).slice(1, -1);
}

/** Reads JSON from left to right; the text may break off anywhere. */
class Scanner {
  constructor(
    private readonly text: string,
    private place: number
  ) {}

  fields(): Segment[] | null {
    LEXEME.lastIndex = this.place;
    for (let match = LEXEME.exec(this.text); match; match = LEXEME.exec(this.text)) {
      this.place = LEXEME.lastIndex;
      const lexeme = match[1] ?? match[2] ?? match[3];
      if (!this.read(lexeme, this.place - lexeme.length, match[1] !== undefined)) {
        return null;
      }
      LEXEME.lastIndex = this.place;
    }
    return this.text.slice(this.place).trim() || !this.found.length ? null : this.found;
  }

  private read(lexeme: string, start: number, isMark: boolean): boolean {
    if (isMark) {
      return this.mark(lexeme, start);
    }
    const level = this.open.at(-1);
    if (this.wants.endsWith('key') && lexeme.startsWith('"') && level) {
      level.key = parsed(lexeme) ?? '';
      this.wants = ':';
      return true;
    }
    const isCut = this.place === this.text.length;
    const mayBeCut = isCut && (lexeme.startsWith('"') || CUT_WORD.test(lexeme));
    if (!this.wants.endsWith('value') || (parsed(lexeme) === undefined && !mayBeCut)) {
      return false;
    }
    this.value(this.pointer, start);
    return true;
  }

  private mark(mark: string, start: number): boolean {
    const level = this.open.at(-1);
    if ('{['.includes(mark) && this.wants.endsWith('value') && this.open.length < MAX_DEPTH) {
      const isList = mark === '[';
      this.open.push({ pointer: this.pointer, isList, index: 0, key: '', start });
      this.wants = isList ? 'first value' : 'first key';
    } else if (mark === ':' && this.wants === ':') {
      this.wants = 'value';
    } else if (mark === ',' && this.wants === ',' && level) {
      level.index += 1;
      this.wants = level.isList ? 'value' : 'key';
    } else if (level && mark === (level.isList ? ']' : '}') && /^(,|first)/.test(this.wants)) {
      this.open.pop();
      if (this.wants !== ',') {
        this.value(level.pointer, level.start);
      }
      this.wants = this.open.length ? ',' : 'end';
    } else {
      return false;
    }
    return true;
  }

  private value(name: string, start: number): void {
    this.found.push({ name, start, end: this.place });
    this.wants = this.open.length ? ',' : 'end';
  }

  private get pointer(): string {
    const level = this.open.at(-1);
    if (!level) {
      return '';
    }
    const key = level.isList ? level.index : level.key.replace(/~/g, '~0').replace(/\//g, '~1');
    return `${level.pointer}/${key}`;
  }

  private readonly open: Level[] = [];
  private readonly found: Segment[] = [];
  private wants = 'value';
}

function parsed(lexeme: string): string | undefined {
  try {
    return String(JSON.parse(lexeme.replace(/[\n\t\r]/g, ' ')));
  } catch {
    return undefined;
  }
}
