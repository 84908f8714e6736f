/** Draws chat-magic's results; it needs no kernel, and runs nothing that a model wrote. */

import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { Widget } from '@lumino/widgets';
import { isPayload, MIME_TYPE } from './result/payload';
import { copy, element } from './result/ui/dom';
import { ResultView, type Mode } from './result/ui/resultView';

import '../style/result.css';

/** Where the output's metadata remember how it was last looked at. */
const KEY = 'chat_magic_view';

class ResultRenderer extends Widget implements IRenderMime.IRenderer {
  constructor(private readonly options: IRenderMime.IRendererOptions) {
    super();
    this.addClass('chm-root');
    // the notebook's one-letter shortcuts are not meant for what is focused in here
    this.node.dataset.lmSuppressShortcuts = 'true';
  }

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    this.model = model;
    const data: unknown = model.data[MIME_TYPE];
    const source = JSON.stringify(data);
    if (source !== this.source) {
      this.source = source;
      this.draw(data);
    }
    await Promise.all(this.views.map(view => view.setMode(this.mode)));
  }

  dispose(): void {
    this.views.forEach(view => view.dispose());
    super.dispose();
  }

  private draw(data: unknown): void {
    this.views.forEach(view => view.dispose());
    if (!isPayload(data)) {
      this.views = [];
      this.node.replaceChildren(
        element('p', 'chm-hint', 'made by a newer chat-magic: update the extension')
      );
      return;
    }
    const insert = (text: string): Promise<string> => this.insertCell(text);
    this.views = data.results.map(
      result => new ResultView(result, this.options, insert, mode => this.remember(mode))
    );
    this.node.replaceChildren(...this.views.map(view => view.node));
  }

  private get mode(): Mode {
    const mode = this.model?.metadata[KEY];
    return mode === 'tokens' || mode === 'raw' ? mode : 'text';
  }

  private remember(mode: Mode): void {
    const { model } = this;
    if (model && this.mode !== mode) {
      model.setData({ metadata: { ...model.metadata, [KEY]: mode } });
    }
  }

  /** Ask the page to put a cell below; where nothing does, the clipboard gets it. */
  private async insertCell(text: string): Promise<string> {
    const event = new CustomEvent('chat-magic:insert-cell', {
      bubbles: true,
      cancelable: true,
      detail: { text }
    });
    if (!this.node.dispatchEvent(event)) {
      return 'a cell below goes on from here';
    }
    return (await copy(text))
      ? 'nothing here inserts cells: the cell is on the clipboard'
      : 'nothing here inserts cells, and the browser did not allow to copy';
  }

  private model: IRenderMime.IMimeModel | null = null;
  private source: string | undefined;
  private views: ResultView[] = [];
}

const extension: IRenderMime.IExtension = {
  id: 'chat-magic:mime',
  description: 'Draws results: answers, choices side by side, token probabilities.',
  rendererFactory: {
    safe: true,
    mimeTypes: [MIME_TYPE],
    createRenderer: options => new ResultRenderer(options)
  },
  rank: 40,
  dataType: 'json'
};

export default extension;
