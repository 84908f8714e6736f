/** A dialog that lists the keys of a result and explains the terms in it. */

import { TERMS } from '../glossary';
import { COMPARISON_KEYS, RESULT_KEYS, TOKEN_KEYS, type Key } from '../keys';
import { button, element } from './dom';

export class KeyHelp {
  /** Offer help with what a result has. */
  constructor(private readonly has: { tokens: boolean; comparison: boolean }) {
    this.dialog.setAttribute('aria-label', 'Keys and terms');
    this.dialog.tabIndex = -1; // a click on its text leaves the focus in it
    this.dialog.addEventListener('keydown', event => this.onKey(event));
    this.dialog.addEventListener('click', event => {
      if (event.target === this.dialog) {
        this.close(); // the backdrop
      }
    });
    this.button = button('?', 'Keys and terms (?)', () => this.open(), 'chm-mode chm-help-button');
    this.button.setAttribute('aria-haspopup', 'dialog');
    this.node = element('span', 'chm-help', this.button, this.dialog);
  }

  /** Do what a key stands for; false if it stands for nothing here. */
  act(key: string): boolean {
    if (key !== '?') {
      return false;
    }
    this.open();
    return true;
  }

  private open(): void {
    if (!this.dialog.childElementCount) {
      this.fill();
    }
    this.opener = document.activeElement;
    // a page without modal dialogs shows it in the flow
    if ('showModal' in this.dialog) {
      this.dialog.showModal();
    } else {
      (this.dialog as HTMLElement).setAttribute('open', '');
    }
    this.closeButton.focus();
  }

  private close(): void {
    if ('close' in this.dialog) {
      this.dialog.close();
    } else {
      (this.dialog as HTMLElement).removeAttribute('open');
    }
    if (this.opener instanceof HTMLElement) {
      this.opener.focus({ preventScroll: true });
    }
  }

  private fill(): void {
    const { tokens, comparison } = this.has;
    this.dialog.append(
      element('div', 'chm-help-head', element('strong', '', 'Keys'), this.closeButton),
      keyList([...RESULT_KEYS, ...(comparison ? COMPARISON_KEYS : [])]),
      ...(tokens ? [element('strong', '', 'Keys in tokens'), keyList(TOKEN_KEYS)] : []),
      element('strong', '', 'Terms'),
      termList()
    );
  }

  private onKey(event: KeyboardEvent): void {
    event.stopPropagation();
    if (event.key === 'Escape' || event.key === '?') {
      event.preventDefault();
      this.close();
    } else if (event.key === 'Tab') {
      event.preventDefault(); // there is nowhere else to go
      this.closeButton.focus();
    }
  }

  readonly node: HTMLElement;
  private readonly button: HTMLButtonElement;
  private readonly closeButton = button('Close', 'Close (Esc)', () => this.close());
  private readonly dialog = element('dialog', 'chm-help-dialog');
  private opener: Element | null = null;
}

function keyList(keys: readonly Key[]): HTMLElement {
  const rows = keys.flatMap(({ keys, meaning }) => [
    element('dt', '', ...keys.split(' ').map(key => element('kbd', '', key))),
    element('dd', '', meaning)
  ]);
  return element('dl', 'chm-help-list', ...rows);
}

function termList(): HTMLElement {
  const rows = TERMS.flatMap(({ words, meaning }) => [
    element('dt', '', words.join(', ')),
    element('dd', '', meaning)
  ]);
  return element('dl', 'chm-help-list', ...rows);
}
