/** The answer or result that is open below an overview. */

import type { ResultModel } from '../../answer';
import type { Mode } from '../choiceView';
import { button, element } from '../dom';
import { exactText } from '../exactText';
import type { MarkdownOptions } from '../markdownView';
import type { InsertCell } from '../tokenDetails';
import { ResultView } from '../resultView';

export class DetailPane {
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
    opener.setAttribute('aria-expanded', 'true');
    opener.classList.add('chm-open');
    const close = button('Close', 'Close (Esc)', () => this.close());
    const head = element('div', 'chm-detail-pane-head', exactText('strong', '', title), close);
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
    this.opener?.setAttribute('aria-expanded', 'false');
    this.opener?.classList.remove('chm-open');
    if (isFocused) {
      this.opener?.focus();
    }
  }

  readonly node = element('div', 'chm-detail-pane');
  private view: ResultView | null = null;
  private opener: HTMLElement | null = null;
}
