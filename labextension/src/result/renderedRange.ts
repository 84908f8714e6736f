/** Where a range of a Markdown source is after rendering, which removes the markup. */

/** How far the rendered text may be ahead: links and tables lose characters, marks next to none. */
const WORD_REACH = 120;
const MARK_REACH = 3;
const UNIT = /[\p{L}\p{N}]+|[^\s\p{L}\p{N}]/gu;
const WORD = /[\p{L}\p{N}]/u;

/** From one offset up to another. */
export interface TextRange {
  start: number;
  end: number;
}

/** Return where a range of the source is in the rendered text; empty if nothing of it is left. */
export function renderedRange(source: string, rendered: string, range: TextRange): TextRange {
  let done = 0;
  let result: TextRange | null = null;
  for (const { 0: unit, index } of source.matchAll(UNIT)) {
    const at = indexNear(rendered, unit, done);
    if (at === null) {
      continue;
    }
    if (index >= range.end) {
      return result ?? { start: at, end: at };
    }
    if (index + unit.length > range.start) {
      const start: number = result?.start ?? at + Math.max(0, range.start - index);
      result = { start, end: at + Math.min(unit.length, range.end - index) };
    }
    done = at + unit.length;
  }
  return result ?? { start: rendered.length, end: rendered.length };
}

/** Return where a unit is, shortly after an offset; null if it is not there. */
function indexNear(text: string, unit: string, from: number): number | null {
  const reach = WORD.test(unit) ? WORD_REACH : MARK_REACH;
  const index = text.slice(from, from + reach + unit.length).indexOf(unit);
  return index < 0 ? null : from + index;
}
