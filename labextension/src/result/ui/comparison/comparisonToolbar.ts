/** The line of controls above a comparison. */

import { numberedTitle, type Comparison } from '../../comparison';
import { UNITS, availableViews, type ViewState, type ViewName } from '../../viewState';
import type { PayloadUnit } from '../../payloadTypes';
import { ORDER_CAUTION, ORDERS, type Order } from '../../answerOrder';
import { nextItem } from '../../indexing';
import { COMPARISON_KEYS, hintLine, RESULT_KEYS } from '../../keys';
import { button, capitalized, element, select } from '../dom';

const TITLES: Record<ViewName, string> = {
  columns: 'The answers side by side',
  list: 'The answers below each other',
  tree: 'What the answers share and where they diverge',
  table: 'All answers with their metrics; click a heading to sort',
  matrix: 'The runs as a grid of the varied values'
};

export class ComparisonToolbar {
  constructor(
    private readonly comparison: Comparison,
    private readonly change: (change: Partial<ViewState>) => void
  ) {
    this.views = availableViews(comparison);
    this.buttons = this.views.map(view =>
      button(
        capitalized(view),
        `${TITLES[view]} (l: next layout)`,
        () => change({ view }),
        'chm-mode'
      )
    );
    const views = element('div', 'chm-views', ...this.buttons);
    views.setAttribute('role', 'group');
    views.setAttribute('aria-label', 'Show the answers as');
    this.makeDiff();
    this.order = select('order', ORDERS, ORDERS[0], order => change({ order: order as Order }));
    this.order.title = ORDER_CAUTION;
    this.sorted = element('label', 'chm-labelled', 'order', this.order);
    const differ = comparison.groups.length > 1;
    const keys = COMPARISON_KEYS.filter(({ keys }) => differ || keys === 'l');
    const hint = element('span', 'chm-key-hints', hintLine([...keys, ...RESULT_KEYS]));
    this.node = element(
      'div',
      'chm-bar chm-toolbar',
      views,
      differ ? this.diff : null,
      this.compared,
      this.sorted,
      this.more,
      hint
    );
  }

  private makeDiff(): void {
    const { answers } = this.comparison;
    const bases = answers.map(answer => new Option(numberedTitle(answer), String(answer.index)));
    this.base.className = 'chm-select';
    this.base.append(...bases);
    this.base.setAttribute('aria-label', 'base');
    this.base.title = 'The answer that the others are compared with (0–9)';
    this.base.addEventListener('change', () => this.change({ base: Number(this.base.value) }));
    this.unit = select('by', UNITS, UNITS[0], by => this.change({ by: by as PayloadUnit }));
    const legend = element(
      'span',
      'chm-diff-legend',
      element('ins', '', 'inserted'),
      ' ',
      element('del', '', 'deleted')
    );
    this.compared.append(
      element('label', 'chm-labelled', 'against', this.base),
      element('label', 'chm-labelled', 'by', this.unit),
      legend
    );
  }

  /** Show a view state. */
  show({ view, isDiff, base, by, order }: ViewState): void {
    this.buttons.forEach((button, index) =>
      button.setAttribute('aria-pressed', String(this.views[index] === view))
    );
    const isBeside = view === 'columns' || view === 'list';
    this.diff.setAttribute('aria-pressed', String(isDiff && isBeside));
    this.compared.hidden = !isDiff || !isBeside;
    this.sorted.hidden = !isBeside || this.comparison.groups.length < 2;
    this.base.value = String(base);
    this.unit.value = by;
    this.order.value = order;
  }

  /** Return the view after this one. */
  next(view: ViewName): ViewName {
    return nextItem(this.views, view);
  }

  readonly node: HTMLElement;
  /** Where the scroller says that there are more columns. */
  readonly more = element('span', 'chm-more');
  readonly diff = button(
    'Diff',
    'Show how each answer differs from the base (d)',
    () => this.change({ isDiff: this.diff.getAttribute('aria-pressed') !== 'true' }),
    'chm-mode'
  );
  private readonly views: ViewName[];
  private readonly buttons: HTMLButtonElement[];
  private readonly compared = element('span', 'chm-compared');
  private readonly base = element('select');
  private unit!: HTMLSelectElement;
  private readonly order: HTMLSelectElement;
  private readonly sorted: HTMLElement;
}
