/** Opens the panel of a cell, and writes what it says into that cell. */

import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import type { Cell } from '@jupyterlab/cells';
import { INotebookTracker, NotebookActions, type NotebookPanel } from '@jupyterlab/notebook';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { settingsIcon } from '@jupyterlab/ui-components';
import { isChatCell } from '../cell/grammar';
import type { CellUpdate } from '../cell/panelCellButtons';
import { focusPanel } from '../cell/panelFocus';

export const OPEN_PANEL = 'chat-magic:panel';
/** The cell that draws the panel. */
const PANEL_CELL = '%chat /panel';
const MODULE = 'chat_magic.shell';

function sourceOf(cell: Cell | undefined): string {
  return cell?.model.sharedModel.getSource() ?? '';
}

/** Tell whether a panel can write to a cell: a `%%chat` cell, or an empty one. */
function isTarget(cell: Cell): boolean {
  const source = sourceOf(cell);
  return cell.model.type === 'code' && (isChatCell(source) || !source.trim());
}

/** Return the code that tells the kernel which cell the next panel is for, if it has the extension. */
export function offerCode(id: string, source: string): string {
  const values = [id, source].map(text => JSON.stringify(text)).join(', ');
  const shell = `__import__("sys").modules.get("${MODULE}")`;
  return `${shell} and ${shell}.magics_of(get_ipython()).offer_cell(${values})`;
}

/** Draw the panel in a cell below, in the one that is there already if it has been opened before. */
async function open(panel: NotebookPanel): Promise<void> {
  const { content, sessionContext } = panel;
  const before = document.activeElement;
  const cell = content.activeCell;
  if (!cell) {
    return;
  }
  if (isTarget(cell)) {
    const code = offerCode(cell.model.id, sourceOf(cell));
    await sessionContext.session?.kernel?.requestExecute({
      code,
      silent: true,
      store_history: false
    }).done;
  }
  if (sourceOf(content.widgets[content.activeCellIndex + 1]).trim() === PANEL_CELL) {
    content.activeCellIndex += 1;
  } else {
    NotebookActions.insertBelow(content);
    content.activeCell.model.sharedModel.setSource(PANEL_CELL);
  }
  await NotebookActions.run(content, sessionContext);
  await content.scrollToItem(content.activeCellIndex, 'smart');
  void focusPanel(content.activeCell.node, before);
}

/** Write a panel's cell into the cell that it was opened for, and run it if that is asked. */
function update(tracker: INotebookTracker, event: Event): void {
  const { target, detail } = event as CustomEvent<CellUpdate>;
  const panel = tracker.find(({ node }) => target instanceof Node && node.contains(target));
  const cell = panel?.content.widgets.find(({ model }) => model.id === detail.id);
  if (panel && cell && detail.id) {
    event.preventDefault();
    cell.model.sharedModel.setSource(detail.text);
    if (detail.isRun) {
      void NotebookActions.runCells(panel.content, [cell], panel.sessionContext);
    }
  }
}

export const panelOpener: JupyterFrontEndPlugin<void> = {
  id: 'chat-magic:panel-opener',
  description: 'Opens the panel of a cell.',
  autoStart: true,
  requires: [INotebookTracker],
  optional: [ICommandPalette, ITranslator],
  activate: (
    app,
    tracker: INotebookTracker,
    palette: ICommandPalette | null,
    translator: ITranslator | null
  ) => {
    const trans = (translator ?? nullTranslator).load('chat-magic');
    app.commands.addCommand(OPEN_PANEL, {
      label: trans.__('Open the Panel for This Cell'),
      caption: trans.__('Controls for every parameter, filled from this cell'),
      icon: settingsIcon,
      isEnabled: () => tracker.activeCell !== null,
      isVisible: () => tracker.activeCell !== null && isTarget(tracker.activeCell),
      execute: () => tracker.currentWidget && open(tracker.currentWidget)
    });
    palette?.addItem({ command: OPEN_PANEL, category: 'chat-magic' });
    const changed = (): void => app.commands.notifyCommandChanged(OPEN_PANEL);
    tracker.activeCellChanged.connect((_tracker, cell) => {
      changed();
      cell?.model.contentChanged.connect(changed);
    });
    document.body.addEventListener('chat-magic:update-cell', event => update(tracker, event));
  }
};
