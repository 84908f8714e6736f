/** The controls above a table of rows: what is shown, and which variants are compared. */

import { FILTERS, type Filter, type RowTable } from '../../rowTable';
import { button, element, select } from '../dom';

/** Waits so long after a key before the rows are searched. */
const TYPING_MS = 120;

/** Two variants whose answers are compared, by index. */
export interface VariantPair {
  base: number;
  other: number;
}

export interface RowToolbarActions {
  onFilter: (filter: Filter) => void;
  onText: (text: string) => void;
  /** Null turns the comparison off. */
  onDiff: (pair: VariantPair | null) => void;
}

export class RowToolbar {
  constructor(
    table: RowTable,
    private readonly actions: RowToolbarActions
  ) {
    this.variants = table.rows.variants.map(({ title }) => title);
    const filter = select('Show rows', FILTERS, 'all', value => actions.onFilter(value as Filter));
    this.search.type = 'search';
    this.search.placeholder = 'Filter by text';
    this.search.setAttribute('aria-label', 'Filter by text');
    this.search.addEventListener('input', () => this.type());
    this.diff = button('Diff', 'Compare two variants row by row (d)', () =>
      actions.onDiff(this.pair ? null : this.nextPair())
    );
    this.diff.setAttribute('aria-pressed', 'false');
    const controls = this.variants.length > 1 ? [this.diff, this.pickers] : [];
    this.node = element('div', 'chm-rows-toolbar', filter, this.search, this.count, ...controls);
  }

  /** Say how many rows are shown. */
  showCount(shown: number, all: number): void {
    const of = shown === all ? '' : ` of ${all.toLocaleString('en')}`;
    this.count.textContent = `${shown.toLocaleString('en')}${of} ${all === 1 ? 'row' : 'rows'}`;
  }

  /** Show which variants are compared. */
  showDiff(pair: VariantPair | null): void {
    this.pair = pair;
    this.diff.setAttribute('aria-pressed', String(pair !== null));
    this.pickers.replaceChildren(...(pair && this.variants.length > 2 ? this.picked(pair) : []));
  }

  /** Return the variants that a comparison begins with: the focused one against the first. */
  nextPair(focused = -1): VariantPair {
    return { base: 0, other: focused > 0 ? focused : 1 };
  }

  dispose(): void {
    clearTimeout(this.typing);
  }

  private picked({ base, other }: VariantPair): (HTMLElement | string)[] {
    const pick = (label: string, index: number, act: (index: number) => void): HTMLElement =>
      select(label, this.variants, this.variants[index] ?? '', title =>
        act(this.variants.indexOf(title))
      );
    return [
      pick('Compare with', base, index => this.actions.onDiff({ base: index, other })),
      ' → ',
      pick('Compared variant', other, index => this.actions.onDiff({ base, other: index }))
    ];
  }

  private type(): void {
    clearTimeout(this.typing);
    this.typing = setTimeout(() => this.actions.onText(this.search.value), TYPING_MS);
  }

  readonly node: HTMLElement;
  readonly search = element('input', 'chm-search');
  private readonly variants: string[];
  private readonly diff: HTMLButtonElement;
  private readonly pickers = element('span', 'chm-rows-pickers');
  private readonly count = element('span', 'chm-muted');
  private pair: VariantPair | null = null;
  private typing: ReturnType<typeof setTimeout> | undefined;
}
