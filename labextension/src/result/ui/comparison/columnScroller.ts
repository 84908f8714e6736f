/** Says which of the columns are visible, and scrolls to the next ones. */

import { button, element } from '../dom';

export class ColumnScroller {
  constructor(
    private readonly columns: HTMLElement,
    private readonly node: HTMLElement
  ) {
    this.back = button('‹', 'Previous columns', () => this.step(-1));
    this.next = button('›', 'Next columns', () => this.step(1));
    node.append(this.label, this.back, this.next);
    columns.addEventListener('scroll', () => this.update(), { passive: true });
    this.observer = new ResizeObserver(() => this.update());
    this.observer.observe(columns);
  }

  /** Say which columns are visible, unless all are. */
  update(): void {
    const { clientWidth, scrollWidth, scrollLeft, childElementCount } = this.columns;
    this.node.hidden = scrollWidth <= clientWidth + 1 || clientWidth === 0;
    if (this.node.hidden) {
      return;
    }
    const width = scrollWidth / childElementCount;
    const first = Math.min(childElementCount, Math.round(scrollLeft / width) + 1);
    const last = Math.min(childElementCount, Math.floor((scrollLeft + clientWidth + 1) / width));
    this.label.textContent = `${first}–${Math.max(first, last)} of ${childElementCount}`;
    this.back.disabled = scrollLeft < 1;
    this.next.disabled = scrollLeft + clientWidth > scrollWidth - 1;
  }

  dispose(): void {
    this.observer.disconnect();
  }

  private step(by: 1 | -1): void {
    const { clientWidth, scrollWidth, childElementCount } = this.columns;
    const width = scrollWidth / childElementCount;
    const visibleText = Math.max(1, Math.floor((clientWidth + 1) / width));
    const reducesMotion = matchMedia('(prefers-reduced-motion: reduce)').matches;
    const behavior = reducesMotion ? 'auto' : 'smooth';
    this.columns.scrollBy({ left: by * visibleText * width, behavior });
  }

  private readonly label = element('span');
  private readonly back: HTMLButtonElement;
  private readonly next: HTMLButtonElement;
  private readonly observer: ResizeObserver;
}
