/** Draws chat-magic's results, without a kernel and without running anything that a model wrote. */

import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { Widget } from '@lumino/widgets';
import constants from './constants.json';
import { LiveView } from './live/liveView';
import { onceNear } from './nearView';
import { MIME_TYPE } from './result/payload';
import { element } from './result/ui/dom';
import { Root, type Stored } from './result/ui/root';

import '../style/result.css';
import '../style/comparison.css';
import '../style/ablation.css';
import '../style/distribution.css';
import '../style/rows.css';
import '../style/checks.css';
import '../style/live.css';

/** A model of JupyterLab, or of Voila, whose models cannot be changed. */
type Settable = Omit<IRenderMime.IMimeModel, 'setData'> &
  Partial<Pick<IRenderMime.IMimeModel, 'setData'>>;

class ResultRenderer extends Widget implements IRenderMime.IRenderer {
  constructor(options: IRenderMime.IRendererOptions) {
    super();
    this.root = new Root(this.node, {
      markdown: options,
      insertCell: text => this.insertCell(text),
      memory: {
        get: key => this.model?.metadata[key],
        set: (key, value) => this.store(key, value)
      }
    });
  }

  /** Draw a result when it is near what is seen of the notebook; until then show it as text. */
  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    this.model = model;
    if (!this.isDrawn) {
      const text = model.data['text/plain'];
      this.node.replaceChildren(
        element('pre', 'chm-not-drawn', typeof text === 'string' ? text : '')
      );
    }
    if (this.isAttached) {
      this.drawWhenNear();
    }
    await this.drawing;
  }

  override dispose(): void {
    this.cancel?.();
    this.root.dispose();
    super.dispose();
  }

  protected override onAfterAttach(): void {
    if (this.isDrawn) {
      this.root.askVersions();
    } else {
      this.drawWhenNear();
    }
  }

  private drawWhenNear(): void {
    this.cancel?.();
    // a panel shows what was asked for, wherever it is
    if (this.isDrawn || this.node.closest('.chp-panel')) {
      this.draw();
    } else {
      this.cancel = onceNear(this.node, () => this.draw());
    }
  }

  private draw(): void {
    this.isDrawn = true;
    this.drawing = this.root.draw(this.model?.data[MIME_TYPE]);
  }

  private store(key: string, value: Stored): void {
    const model: Settable | null = this.model;
    if (model && JSON.stringify(model.metadata[key]) !== JSON.stringify(value)) {
      model.setData?.({ metadata: { ...model.metadata, [key]: value } });
    }
  }

  /** Ask the page to insert a cell below; false if it cannot. */
  private insertCell(text: string): boolean {
    const event = new CustomEvent('chat-magic:insert-cell', {
      bubbles: true,
      cancelable: true,
      detail: { text }
    });
    return !this.node.dispatchEvent(event);
  }

  private readonly root: Root;
  private model: IRenderMime.IMimeModel | null = null;
  private isDrawn = false;
  private drawing = Promise.resolve();
  private cancel: (() => void) | null = null;
}

class LiveRenderer extends Widget implements IRenderMime.IRenderer {
  constructor() {
    super();
    this.view = new LiveView(this.node);
  }

  renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    this.view.draw(model.data[constants.liveType]);
    return Promise.resolve();
  }

  override dispose(): void {
    this.view.dispose();
    super.dispose();
  }

  private readonly view: LiveView;
}

const results: IRenderMime.IExtension = {
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

const streaming: IRenderMime.IExtension = {
  id: 'chat-magic:mime-live',
  description: 'Paints answers while they stream.',
  rendererFactory: {
    safe: true,
    mimeTypes: [constants.liveType],
    createRenderer: () => new LiveRenderer()
  },
  rank: 39,
  dataType: 'json'
};

export default [results, streaming];
