/** The answer or result that is open below an overview. */

import type { ResultModel } from '../../answer';
import type { Mode } from '../choiceView';
import { button, element } from '../dom';
import { exactText } from '../exactText';
import type { MarkdownOptions } from '../markdownView';
import type { InsertCell } from '../tokenDetails';
import { ResultView } from '../resultView';

/** Mark what opens a pane below, or take the mark back. */
export function markOpen(opener: HTMLElement, isOpen: boolean): void {
  opener.setAttribute('aria-expanded', String(isOpen));
  opener.classList.toggle('chm-open', isOpen);
}

export class DetailPane {
  constructor(
    private readonly options: MarkdownOptions,
    private readonly insertCell: InsertCell,
    private readonly onMode: (mode: Mode) => void,
    /** Called when the user has closed it, for an opener that is not in the page any more. */
    private readonly onClose: () => void = () => undefined
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

  /** Show a result, or one of its choices; Esc closes it and restores the focus. */
  async show(
    result: ResultModel,
    only: number | null,
    title: string,
    mode: Mode,
    opener: HTMLElement
  ): Promise<void> {
    this.close(false);
    this.view = new ResultView(result, this.options, this.insertCell, this.onMode, only);
    this.opener = opener;
    markOpen(opener, true);
    const close = button('Close', 'Close (Esc)', () => this.close());
    const head = element('div', 'chm-detail-pane-head', exactText('strong', '', title), close);
    this.node.replaceChildren(head, this.view.node);
    this.node.hidden = false;
    this.node.focus({ preventScroll: true }); // at once, as keys go to the notebook otherwise
    await this.view.setMode(mode);
    this.node.scrollIntoView({ block: 'nearest' });
  }

  async setMode(mode: Mode): Promise<void> {
    await this.view?.setMode(mode);
  }

  /** Do what a key stands for in what is open; false if it stands for nothing. */
  act(key: string): boolean {
    return this.view?.act(key) ?? false;
  }

  close(isFocused = true): void {
    if (!this.view) {
      return;
    }
    this.view.dispose();
    this.view = null;
    this.node.hidden = true;
    this.node.replaceChildren();
    if (this.opener) {
      markOpen(this.opener, false);
    }
    if (isFocused) {
      this.opener?.focus();
      this.onClose();
    }
  }

  readonly node = element('div', 'chm-detail-pane');
  private view: ResultView | null = null;
  private opener: HTMLElement | null = null;
}
