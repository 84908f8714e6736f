/** The plugins of chat-magic's front end; what draws results is apart, in mime.ts. */

import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { commands } from './plugins/commands';
import { completion } from './plugins/completer';
import { highlight } from './plugins/highlight';
import { panel } from './plugins/savedPanel';

const plugins: JupyterFrontEndPlugin<void>[] = [highlight, completion, commands, panel];

export default plugins;
