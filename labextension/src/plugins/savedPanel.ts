/** Draws the static form of a panel whose kernel is gone, in place of the widgets' error. */

import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { CodeCell } from '@jupyterlab/cells';
import { INotebookTracker, type NotebookPanel } from '@jupyterlab/notebook';
import constants from '../constants.json';
import { hasFailed, isLoading } from '../cell/widgetPlaceholder';

const LOADING_TIMEOUT_MS = 3000;

/** Draw the static HTML of a panel's output into the node of its failed widget. */
function drawStatic(panel: NotebookPanel, node: HTMLElement): void {
  for (const cell of panel.content.widgets) {
    if (!(cell instanceof CodeCell) || !cell.node.contains(node)) {
      continue;
    }
    const { model, widgets } = cell.outputArea;
    const index = widgets.findIndex(widget => widget.node.contains(node));
    const output = index < 0 ? null : model.get(index);
    if (output?.metadata[constants.panelKey]) {
      const renderer = panel.content.rendermime.createRenderer('text/html');
      void renderer.renderModel(output).then(() => node.replaceChildren(renderer.node));
    }
  }
}

function watch(panel: NotebookPanel): void {
  const check = (node: HTMLElement): void => {
    if (hasFailed(node)) {
      drawStatic(panel, node);
    } else if (isLoading(node)) {
      setTimeout(() => isLoading(node) && drawStatic(panel, node), LOADING_TIMEOUT_MS);
    }
  };
  const observer = new MutationObserver(records => {
    for (const { target, addedNodes } of records) {
      if (addedNodes[0]?.nodeType === Node.TEXT_NODE && target instanceof HTMLElement) {
        check(target);
      }
    }
  });
  observer.observe(panel.content.node, { childList: true, subtree: true });
  panel.content.node.querySelectorAll<HTMLElement>('.jp-OutputArea-output').forEach(check);
  panel.disposed.connect(() => observer.disconnect());
}

export const savedPanel: JupyterFrontEndPlugin<void> = {
  id: 'chat-magic:panel',
  description: 'Draws panels whose kernel is gone.',
  autoStart: true,
  requires: [INotebookTracker],
  activate: (_app, tracker: INotebookTracker) => {
    tracker.forEach(watch);
    tracker.widgetAdded.connect((_tracker, added) => watch(added));
  }
};
