/** The plugins of chat-magic's front end, except the renderer of results, which is in mime.ts. */

import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { commands } from './plugins/commands';
import { completer } from './plugins/completer';
import { highlight } from './plugins/highlight';
import { keyboard } from './plugins/keyboard';
import { live } from './plugins/live';
import { loadOffer } from './plugins/loadOffer';
import { panelButtons } from './plugins/panelButtons';
import { panelOpener } from './plugins/panelOpener';
import { savedPanel } from './plugins/savedPanel';
import { stoppedAnswers } from './plugins/stoppedAnswers';
import { versions } from './plugins/versions';

const plugins: JupyterFrontEndPlugin<void>[] = [
  highlight,
  completer,
  commands,
  savedPanel,
  panelButtons,
  panelOpener,
  loadOffer,
  versions,
  keyboard,
  stoppedAnswers,
  live
];

export default plugins;
