/** How a comparison is viewed, as the metadata of its output remember it. */

import constants from '../constants.json';
import { ORDERS, type Order } from './answerOrder';
import type { Comparison } from './comparison';
import type { PayloadUnit } from './payloadTypes';
import { isGrid } from './runGrid';

export type ViewName = 'columns' | 'list' | 'tree' | 'table' | 'matrix';

export const UNITS = ['word', 'token', 'sentence', 'json'] as const satisfies PayloadUnit[];

export interface ViewState {
  view: ViewName;
  isDiff: boolean;
  /** Index of the answer that the others are compared with. */
  base: number;
  by: PayloadUnit;
  order: Order;
  /** Index of the answer that the conversation continued from. */
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

/** Read a stored state; what is missing, or no longer possible, gets its initial value. */
export function readViewState(stored: unknown, comparison: Comparison): ViewState {
  const initial = initialViewState(comparison);
  const { view, isDiff, base, by, order, chosen } = (
    typeof stored === 'object' && stored ? stored : {}
  ) as Partial<ViewState>;
  const isAnswer = (index: unknown): index is number =>
    typeof index === 'number' && comparison.answers[index] !== undefined;
  return {
    view: view && availableViews(comparison).includes(view) ? view : initial.view,
    isDiff: typeof isDiff === 'boolean' ? isDiff : initial.isDiff,
    base: isAnswer(base) ? base : initial.base,
    by: by && UNITS.includes(by) ? by : initial.by,
    order: order && ORDERS.includes(order) ? order : initial.order,
    chosen: isAnswer(chosen) ? chosen : null
  };
}

function initialViewState(comparison: Comparison): ViewState {
  const { answers, results, axes, base, by, opensDiff } = comparison;
  const overview = answers.length > constants.columnsMost ? 'table' : 'columns';
  return {
    view: opensDiff ? 'columns' : isGrid(axes) ? 'matrix' : overview,
    isDiff: opensDiff,
    base,
    by,
    order: results.length > 1 ? 'original order' : 'most frequent',
    chosen: null
  };
}
