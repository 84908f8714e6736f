/** A grid of runs as a table: the last axis across, all others down. */

import type { Axis } from './payload';

export interface GridRow {
  /** Its titles on the axes that go down. */
  titles: string[];
  /** Places of its results, one for each title across. */
  results: number[];
}

export interface Grid {
  down: Axis[];
  across: Axis;
  rows: GridRow[];
}

/** Tell whether a table says more than columns do: not for a sole axis of models. */
export function isGrid(axes: readonly Axis[]): boolean {
  return axes.length > 1 || (axes.length === 1 && axes[0].name !== 'model');
}

/** Lay out the results, which stand in row-major order. */
export function layOutGrid(axes: readonly Axis[]): Grid {
  const down = axes.slice(0, -1);
  const across = axes[axes.length - 1];
  const width = across.titles.length;
  const combinations = down.reduce<string[][]>(
    (all, { titles }) => all.flatMap(before => titles.map(title => [...before, title])),
    [[]]
  );
  const rows = combinations.map((titles, row) => ({
    titles,
    results: across.titles.map((_, column) => row * width + column)
  }));
  return { down, across, rows };
}
