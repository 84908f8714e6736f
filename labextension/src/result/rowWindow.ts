/** Which rows of a long table are drawn: those in view, and some around them. */

export interface RowWindow {
  /** The first row that is drawn. */
  start: number;
  /** The first row after it that is not. */
  end: number;
}

/** The window moves by so many rows at a time, and has as many above and below those in view. */
const STEP = 12;

/** Return the rows to draw of a table whose rows are all of one height, in pixels. */
export function rowWindow(
  scrollTop: number,
  viewHeight: number,
  rowHeight: number,
  count: number
): RowWindow {
  const first = Math.floor(scrollTop / rowHeight / STEP) - 1;
  const last = Math.ceil((scrollTop + viewHeight) / rowHeight / STEP) + 1;
  const start = Math.max(0, Math.min(first * STEP, count));
  return { start, end: Math.max(start, Math.min(last * STEP, count)) };
}

export function isSameWindow(one: RowWindow | null, other: RowWindow): boolean {
  return one?.start === other.start && one.end === other.end;
}
