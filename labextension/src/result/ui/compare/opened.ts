/** The one answer, or result, that is open below an overview of all. */

import type { Answers } from '../../answer';
import type { Mode } from '../choiceView';
import { button, element } from '../dom';
import { exact } from '../exact';
import type { MarkdownOptions } from '../markdownText';
import type { InsertCell } from '../panel';
import { ResultView } from '../resultView';

export class Opened {
  constructor(
    private readonly options: MarkdownOptions,
    private readonly insertCell: InsertCell,
    private readonly onMode: (mode: Mode) => void
  ) {
    this.node.hidden = true;
    this.node.tabIndex = -1;
    this.node.addEventListener('keydown', event => {
      if (event.key === 'Escape') {
        this.close();
        event.preventDefault();
        event.stopPropagation();
      }
    });
  }

  /** Show a result, or one of its choices; Esc closes it and gives the focus back. */
  async show(
    result: Answers,
    only: number | null,
    title: string,
    mode: Mode,
    from: HTMLElement
  ): Promise<void> {
    this.close(false);
    this.view = new ResultView(result, this.options, this.insertCell, this.onMode, only);
    this.from = from;
    from.setAttribute('aria-expanded', 'true');
    from.classList.add('chm-open');
    const close = button('Close', 'Close (Esc)', () => this.close());
    const head = element('div', 'chm-opened-head', exact('strong', '', title), close);
    this.node.replaceChildren(head, this.view.node);
    this.node.hidden = false;
    await this.view.setMode(mode);
    this.node.focus({ preventScroll: true });
    this.node.scrollIntoView({ block: 'nearest' });
  }

  async setMode(mode: Mode): Promise<void> {
    await this.view?.setMode(mode);
  }

  close(isFocused = true): void {
    if (!this.view) {
      return;
    }
    this.view.dispose();
    this.view = null;
    this.node.hidden = true;
    this.node.replaceChildren();
    this.from?.setAttribute('aria-expanded', 'false');
    this.from?.classList.remove('chm-open');
    if (isFocused) {
      this.from?.focus();
    }
  }

  readonly node = element('div', 'chm-opened');
  private view: ResultView | null = null;
  private from: HTMLElement | null = null;
}
