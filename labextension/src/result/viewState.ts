/** How a comparison is looked at, as the metadata of its output remember it. */

import type { Comparison } from './comparison';
import { isGrid } from './runGrid';
import type { Unit } from './payload';
import { ORDERS, type Order } from './answerOrder';

export type ViewName = 'columns' | 'list' | 'tree' | 'table' | 'matrix';

export const UNITS: Unit[] = ['word', 'token', 'sentence', 'json'];

/** Answers beyond which a table comes first. */
export const COLUMNS_MOST = 12;

export interface ViewState {
  view: ViewName;
  isDiff: boolean;
  /** Place of the answer that the others are compared with. */
  base: number;
  by: Unit;
  order: Order;
  /** Place of the answer that was gone on with. */
  chosen: number | null;
}

/** Return the views that have something to show. */
export function availableViews({ trees, axes }: Comparison): ViewName[] {
  return [
    'columns',
    'list',
    ...(trees.length ? ['tree' as const] : []),
    'table',
    ...(isGrid(axes) ? ['matrix' as const] : [])
  ];
}

/** Read what was remembered; what is not there, or no longer possible, is as at first. */
export function readViewState(stored: unknown, comparison: Comparison): ViewState {
  const first = initialViewState(comparison);
  const { view, isDiff, base, by, order, chosen } = (
    typeof stored === 'object' && stored ? stored : {}
  ) as Partial<ViewState>;
  const isAnswer = (place: unknown): place is number =>
    typeof place === 'number' && comparison.answers[place] !== undefined;
  return {
    view: view && availableViews(comparison).includes(view) ? view : first.view,
    isDiff: typeof isDiff === 'boolean' ? isDiff : first.isDiff,
    base: isAnswer(base) ? base : first.base,
    by: by && UNITS.includes(by) ? by : first.by,
    order: order && ORDERS.includes(order) ? order : first.order,
    chosen: isAnswer(chosen) ? chosen : null
  };
}

function initialViewState({ answers, results, axes, base, by, opensDiff }: Comparison): ViewState {
  const overview = isGrid(axes) ? 'matrix' : answers.length > COLUMNS_MOST ? 'table' : 'columns';
  return {
    view: opensDiff ? 'columns' : overview,
    isDiff: opensDiff,
    base,
    by,
    order: results.length > 1 ? 'as they came' : 'most frequent',
    chosen: null
  };
}
