/** The plugins of chat-magic's front end; what draws results is apart, in mime.ts. */

import type { JupyterFrontEndPlugin } from '@jupyterlab/application';

const plugins: JupyterFrontEndPlugin<void>[] = [];

export default plugins;
