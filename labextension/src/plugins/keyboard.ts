/** Keeps keys that are meant for an output of ours from the notebook. */

import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { KeyGuard } from '../keyGuard';

export const keyboard: JupyterFrontEndPlugin<void> = {
  id: 'chat-magic:keyboard',
  description: 'Keeps the keyboard in results and panels until Escape.',
  autoStart: true,
  activate: () => {
    new KeyGuard(document);
  }
};
