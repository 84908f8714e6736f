/** Completes `%%chat` cells while the kernel is busy or has not started. */

import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICompletionProviderManager, type ICompletionProvider } from '@jupyterlab/completer';
import { completionItems } from '../cell/completionItems';
import { isChatCell } from '../cell/grammar';

const provider: ICompletionProvider = {
  identifier: 'chat-magic:complete',
  rank: 1100,
  renderer: null,
  isApplicable: context =>
    Promise.resolve(isChatCell(context.editor?.model.sharedModel.getSource() ?? '')),
  fetch: ({ text, offset }) => {
    const { from, items } = completionItems(text.slice(0, offset));
    return Promise.resolve({
      start: from,
      end: offset,
      items: items.map(({ text, detail }) => ({ label: text, insertText: text, type: detail }))
    });
  }
};

export const completer: JupyterFrontEndPlugin<void> = {
  id: 'chat-magic:complete',
  description: 'Completes options, models, roles and fields without a kernel.',
  autoStart: true,
  requires: [ICompletionProviderManager],
  activate: (_app, manager: ICompletionProviderManager) => manager.registerProvider(provider)
};
