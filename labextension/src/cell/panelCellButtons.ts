/** The buttons below a panel that write its cell into the notebook or copy it: chat_magic/shell/panel/toolbars.py draws them. */

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
  const id = decodeURIComponent(cell.dataset.cellId ?? '');
  const action = button.getAttribute('data-action') ?? '';
  const act = {
    insert: () => insert(button, text),
    update: () => update(button, { text, id, isRun: false }),
    run: () => update(button, { text, id, isRun: true })
  }[action];
  status.textContent = await (act ? act() : copyCell(cell, text));
}

async function insert(button: Element, text: string): Promise<string> {
  if (ask(button, 'chat-magic:insert-cell', { text })) {
    return 'inserted below';
  }
  return (await copy(text))
    ? 'cannot insert cells here: copied to the clipboard'
    : 'cannot insert cells here';
}

/** What a panel writes into the cell that it was opened for. */
export interface CellUpdate {
  text: string;
  id: string;
  isRun: boolean;
}

async function update(button: Element, detail: CellUpdate): Promise<string> {
  if (ask(button, 'chat-magic:update-cell', detail)) {
    return detail.isRun ? 'updated and started' : 'updated';
  }
  return (await copy(detail.text))
    ? 'the cell is not in this notebook any more: copied to the clipboard'
    : 'the cell is not in this notebook any more';
}

/** Ask the page to change the notebook; false if nothing did. */
function ask(button: Element, type: string, detail: object): boolean {
  return !button.dispatchEvent(new CustomEvent(type, { bubbles: true, cancelable: true, detail }));
}

async function copyCell(cell: HTMLElement, text: string): Promise<string> {
  if (await copy(text)) {
    return 'copied';
  }
  document.getSelection()?.selectAllChildren(cell);
  return 'selected: press Ctrl+C';
}
