/** The buttons below a panel that copy its cell and insert it: chat_magic/shell/panel/toolbars.py draws them. */

import { copy } from '../result/ui/dom';

/** Act on a click on one of the buttons. */
export async function onPanelClick(event: Event): Promise<void> {
  const button = (event.target as Element).closest('.chp-cell-action');
  const preview = button?.closest('.chp-cell');
  const cell = preview?.querySelector<HTMLElement>('[data-cell]');
  const status = preview?.querySelector('[role=status]');
  if (!button || !cell || !status) {
    return;
  }
  const text = decodeURIComponent(cell.dataset.cell ?? '');
  const isInsert = button.getAttribute('data-action') === 'insert';
  status.textContent = isInsert ? await insert(button, text) : await copyCell(cell, text);
}

async function insert(button: Element, text: string): Promise<string> {
  const isHandled = !button.dispatchEvent(
    new CustomEvent('chat-magic:insert-cell', {
      bubbles: true,
      cancelable: true,
      detail: { text }
    })
  );
  if (isHandled) {
    return 'inserted below';
  }
  return (await copy(text))
    ? 'cannot insert cells here: copied to the clipboard'
    : 'cannot insert cells here';
}

async function copyCell(cell: HTMLElement, text: string): Promise<string> {
  if (await copy(text)) {
    return 'copied';
  }
  document.getSelection()?.selectAllChildren(cell);
  return 'selected: press Ctrl+C';
}
