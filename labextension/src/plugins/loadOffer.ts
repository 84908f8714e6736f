/** Offers to load chat-magic where a `%%chat` cell ran in a kernel that has not loaded it. */

import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { CodeCell, type Cell } from '@jupyterlab/cells';
import { INotebookTracker, NotebookActions, type NotebookPanel } from '@jupyterlab/notebook';
import { isMagicMissing, LOAD_CODE, loadFailure } from '../cell/missingMagic';
import { button, element } from '../result/ui/dom';

import '../../style/cell.css';

const CLASS = 'chm-load-offer';

function lacksMagic(cell: Cell): cell is CodeCell {
  if (!(cell instanceof CodeCell)) {
    return false;
  }
  const { outputs } = cell.model;
  return Array.from({ length: outputs.length }, (_, index) => outputs.get(index)).some(output =>
    isMagicMissing(JSON.stringify(output.data['application/vnd.jupyter.stderr'] ?? ''))
  );
}

/** Draw the offer between the cell's input and its output; it goes when the cell runs again. */
function offer(panel: NotebookPanel, cell: CodeCell): void {
  const status = element('span', 'chm-load-status');
  status.setAttribute('role', 'status');
  const act = async (): Promise<void> => {
    status.textContent = 'loading…';
    const failure = await load(panel);
    status.textContent = failure ?? '';
    if (failure === null) {
      cell.node.focus(); // the button goes when the cell has run
      await NotebookActions.runCells(panel.content, [cell], panel.sessionContext);
    }
  };
  const bar = element(
    'div',
    CLASS,
    'The kernel has not loaded chat-magic. ',
    button('Load it and run this cell', LOAD_CODE, () => void act()),
    status,
    element('small', '', `${LOAD_CODE} in the first cell does the same for the whole notebook.`)
  );
  cell.node.querySelector('.jp-Cell-outputWrapper')?.before(bar);
}

/** Load the extension in the kernel; returns why that failed, or null. */
async function load({ sessionContext }: NotebookPanel): Promise<string | null> {
  const kernel = sessionContext.session?.kernel;
  if (!kernel) {
    return 'there is no kernel: start one, then run the cell';
  }
  const reply = await kernel.requestExecute({ code: LOAD_CODE, store_history: false }).done;
  return reply.content.status === 'error' ? loadFailure(reply.content.ename) : null;
}

function onExecuted(tracker: INotebookTracker, cell: Cell): void {
  cell.node.querySelector(`.${CLASS}`)?.remove();
  const panel = tracker.find(({ content }) => content.widgets.includes(cell));
  if (panel && lacksMagic(cell)) {
    offer(panel, cell);
  }
}

export const loadOffer: JupyterFrontEndPlugin<void> = {
  id: 'chat-magic:load-offer',
  description: 'Offers to load chat-magic where a kernel has not.',
  autoStart: true,
  requires: [INotebookTracker],
  activate: (_app, tracker: INotebookTracker) => {
    NotebookActions.executed.connect((_sender, { cell }) => onExecuted(tracker, cell));
  }
};
