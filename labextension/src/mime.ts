/** Draws chat-magic's results; it needs no kernel, and runs nothing that a model wrote. */

import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { Widget } from '@lumino/widgets';
import { ResultModel } from './result/answer';
import { readComparison } from './result/comparison';
import type { ViewState } from './result/viewState';
import { isPayload, MIME_TYPE, type Payload } from './result/payload';
import type { Mode } from './result/ui/choiceView';
import { ComparisonView } from './result/ui/comparison/comparisonView';
import { copy, element } from './result/ui/dom';
import { ResultView } from './result/ui/resultView';

import '../style/result.css';
import '../style/comparison.css';

/** Where the output's metadata remember how it was last looked at. */
const MODE = 'chat_magic_view';
const LOOK = 'chat_magic_comparison';

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
    const isNew = source !== this.source;
    if (isNew) {
      this.source = source;
      this.draw(data);
    }
    const look = model.metadata[LOOK] ?? (this.mode === 'tokens' ? { view: 'columns' } : null);
    if (isNew || LOOK in model.metadata) {
      await this.comparison?.setViewState(look);
    }
    await Promise.all(this.views.map(view => view.setMode(this.mode)));
  }

  dispose(): void {
    this.views.forEach(view => view.dispose());
    super.dispose();
  }

  private draw(data: unknown): void {
    this.views.forEach(view => view.dispose());
    this.views = [];
    this.comparison = null;
    if (!isPayload(data)) {
      this.node.replaceChildren(
        element('p', 'chm-hint', 'made by a newer chat-magic: update the extension')
      );
      return;
    }
    this.views = this.availableViews(data);
    this.node.replaceChildren(...this.views.map(view => view.node));
    this.node.classList.toggle('chm-wide', this.comparison !== null);
  }

  private availableViews(payload: Payload): (ComparisonView | ResultView)[] {
    const insert = (text: string): Promise<string> => this.insertCell(text);
    const onMode = (mode: Mode): void => this.remember(MODE, mode);
    const comparison = readComparison(payload);
    if (!comparison) {
      return payload.results.map(
        result => new ResultView(new ResultModel(result), this.options, insert, onMode)
      );
    }
    const onViewState = (look: ViewState): void => this.remember(LOOK, { ...look });
    this.comparison = new ComparisonView(comparison, this.options, insert, { onMode, onViewState });
    return [this.comparison];
  }

  private get mode(): Mode {
    const mode = this.model?.metadata[MODE];
    return mode === 'tokens' || mode === 'raw' ? mode : 'text';
  }

  private remember(key: string, value: IRenderMime.IMimeModel['metadata'][string]): void {
    const { model } = this;
    if (model && JSON.stringify(model.metadata[key]) !== JSON.stringify(value)) {
      model.setData({ metadata: { ...model.metadata, [key]: value } });
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
  private views: (ComparisonView | ResultView)[] = [];
  private comparison: ComparisonView | null = null;
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
