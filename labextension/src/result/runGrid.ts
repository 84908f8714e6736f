/** A grid of runs as a table: the last axis across, all others down. */

import { itemAt } from './indexing';
import type { PayloadAxis } from './payloadTypes';

export interface GridRow {
  /** Its titles on the axes that go down. */
  titles: string[];
  /** Indexes of its results, one for each title across. */
  results: number[];
}

export interface RunGrid {
  down: PayloadAxis[];
  across: PayloadAxis;
  rows: GridRow[];
}

/** Tell whether a table says more than columns do: not for a single axis of models. */
export function isGrid(axes: readonly PayloadAxis[]): boolean {
  return axes.length > 1 || axes.some(({ name }) => name !== 'model');
}

/** Lay out the results, which are in row-major order. */
export function layOutGrid(axes: readonly PayloadAxis[]): RunGrid {
  const down = axes.slice(0, -1);
  const across = itemAt(axes, axes.length - 1);
  const width = across.titles.length;
  const combinations = down.reduce<string[][]>(
    (rows, { titles }) => rows.flatMap(row => titles.map(title => [...row, title])),
    [[]]
  );
  const rows = combinations.map((titles, row) => ({
    titles,
    results: across.titles.map((_title, column) => row * width + column)
  }));
  return { down, across, rows };
}
