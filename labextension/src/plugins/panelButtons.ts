/** Makes the buttons of a panel work that concern its notebook, and shows what it draws. */

import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { onPanelClick } from '../cell/panelCellButtons';
import { onPanelDraw } from '../cell/panelFocus';

import '../../style/panel.css';

export const panelButtons: JupyterFrontEndPlugin<void> = {
  id: 'chat-magic:panel-buttons',
  description: 'Copies and inserts the cell of a panel, and shows the answers that it draws.',
  autoStart: true,
  activate: () =>
    document.body.addEventListener('click', event => {
      void onPanelClick(event);
      void onPanelDraw(event);
    })
};
