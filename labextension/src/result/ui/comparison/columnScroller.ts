/** Says which of the columns are in sight, and brings the next ones there. */

import { button, element } from '../dom';

export class ColumnScroller {
  constructor(
    private readonly columns: HTMLElement,
    private readonly node: HTMLElement
  ) {
    this.back = button('‹', 'Columns before', () => this.step(-1));
    this.on = button('›', 'Columns after', () => this.step(1));
    node.append(this.words, this.back, this.on);
    columns.addEventListener('scroll', () => this.update(), { passive: true });
    this.observer = new ResizeObserver(() => this.update());
    this.observer.observe(columns);
  }

  /** Say where it is, if there is more than what is in sight. */
  update(): void {
    const { clientWidth, scrollWidth, scrollLeft, childElementCount } = this.columns;
    this.node.hidden = scrollWidth <= clientWidth + 1 || clientWidth === 0;
    if (this.node.hidden) {
      return;
    }
    const width = scrollWidth / childElementCount;
    const first = Math.min(childElementCount, Math.round(scrollLeft / width) + 1);
    const last = Math.min(childElementCount, Math.floor((scrollLeft + clientWidth + 1) / width));
    this.words.textContent = `${first}–${Math.max(first, last)} of ${childElementCount}`;
    this.back.disabled = scrollLeft < 1;
    this.on.disabled = scrollLeft + clientWidth > scrollWidth - 1;
  }

  dispose(): void {
    this.observer.disconnect();
  }

  private step(by: 1 | -1): void {
    const { clientWidth, scrollWidth, childElementCount } = this.columns;
    const width = scrollWidth / childElementCount;
    const visibleText = Math.max(1, Math.floor((clientWidth + 1) / width));
    const isCalm = matchMedia('(prefers-reduced-motion: reduce)').matches;
    const behavior = isCalm ? 'auto' : 'smooth';
    this.columns.scrollBy({ left: by * visibleText * width, behavior });
  }

  private readonly words = element('span');
  private readonly back: HTMLButtonElement;
  private readonly on: HTMLButtonElement;
  private readonly observer: ResizeObserver;
}
