/** Where places of a Markdown text are once it is rendered, and has lost its markup. */

/** How far the rendered text may be ahead: links and tables lose characters, marks next to none. */
const REACH = 120;
const MARK_REACH = 3;
const UNIT = /[\p{L}\p{N}]+|[^\s\p{L}\p{N}]/gu;
const WORD = /[\p{L}\p{N}]/u;

/** From one place up to another. */
export interface TextRange {
  start: number;
  end: number;
}

/** Return where a stretch of the source is in the rendered text; empty where nothing of it is left. */
export function renderedRange(
  source: string,
  rendered: string,
  { start, end }: TextRange
): TextRange {
  let place = 0;
  let first = -1;
  let last = -1;
  for (const { 0: unit, index } of source.matchAll(UNIT)) {
    const reach = WORD.test(unit) ? REACH : MARK_REACH;
    const at = rendered.slice(place, place + reach + unit.length).indexOf(unit) + place;
    if (at < place) {
      continue;
    }
    if (index >= end) {
      return first < 0 ? { start: at, end: at } : { start: first, end: last };
    }
    if (index + unit.length > start) {
      first = first < 0 ? at + Math.max(0, start - index) : first;
      last = at + Math.min(unit.length, end - index);
    }
    place = at + unit.length;
  }
  return first < 0 ? { start: rendered.length, end: rendered.length } : { start: first, end: last };
}
