/** Makes the buttons work that copy and insert the cell of a panel. */

import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { onPanelClick } from '../cell/panelCellButtons';

import '../../style/panel.css';

export const panelButtons: JupyterFrontEndPlugin<void> = {
  id: 'chat-magic:panel-buttons',
  description: 'Copies and inserts the cell of a panel.',
  autoStart: true,
  activate: () => document.body.addEventListener('click', event => void onPanelClick(event))
};
