/** Draws chat-magic's results, without a kernel and without running anything that a model wrote. */

import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { Widget } from '@lumino/widgets';
import constants from './constants.json';
import { ResultModel } from './result/answer';
import { readComparison } from './result/comparison';
import type { ViewState } from './result/viewState';
import { MIME_TYPE, readPayload } from './result/payload';
import type { Payload, PayloadDistribution } from './result/payloadTypes';
import { AblationView } from './result/ui/ablationView';
import { readRowTable } from './result/rowTable';
import type { Mode } from './result/ui/choiceView';
import { drawChecks } from './result/ui/checksView';
import { ComparisonView } from './result/ui/comparison/comparisonView';
import { copy, element } from './result/ui/dom';
import { DistributionView } from './result/ui/distributionView';
import { ResultView } from './result/ui/resultView';
import { RowsView } from './result/ui/rows/rowsView';
import { VersionBar } from './result/ui/versionBar';
import { firstAnswer, savedVersions, type VersionSource } from './result/versions';

import '../style/result.css';
import '../style/comparison.css';
import '../style/ablation.css';
import '../style/distribution.css';
import '../style/rows.css';
import '../style/checks.css';

/** Where the output's metadata store how it was last viewed. */
const MODE_KEY = constants.modeKey;
const STATE_KEY = 'chat_magic_comparison';

type View = AblationView | ComparisonView | ResultView | RowsView;

class ResultRenderer extends Widget implements IRenderMime.IRenderer {
  constructor(private readonly options: IRenderMime.IRendererOptions) {
    super();
    this.addClass('chm-root');
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
    await this.setViews(isNew);
  }

  /** Show the views in the state that the output's metadata have stored. */
  private async setViews(isNew: boolean): Promise<void> {
    const metadata = this.model?.metadata ?? {};
    const state = metadata[STATE_KEY] ?? (this.mode === 'tokens' ? { view: 'columns' } : null);
    if (isNew || STATE_KEY in metadata) {
      await this.comparison?.setViewState(state);
    }
    await Promise.all(this.views.map(view => view.setMode(this.mode)));
  }

  override dispose(): void {
    this.views.forEach(view => view.dispose());
    super.dispose();
  }

  protected override onAfterAttach(): void {
    this.askVersions();
  }

  /** Offer the versions that the notebook holds, until the kernel tells of all. */
  private askVersions(): void {
    const { payload } = this;
    if (!payload || !this.isAttached) {
      return;
    }
    const saved = payload.versions ?? [];
    this.versions.setSource(savedVersions(saved), saved.length);
    const respond = (source: VersionSource | null): void => {
      if (source && payload === this.payload) {
        this.versions.setSource(source, saved.length);
      }
    };
    const detail = { answer: firstAnswer(payload), respond };
    this.node.dispatchEvent(new CustomEvent('chat-magic:versions', { bubbles: true, detail }));
  }

  private draw(data: unknown): void {
    this.payload = readPayload(data);
    this.drawPayload(this.payload);
    this.askVersions();
  }

  /** Draw a result: that of the output, or an earlier one in its place. */
  private drawPayload(payload: Payload | null): void {
    this.views.forEach(view => view.dispose());
    this.views = [];
    this.comparison = null;
    if (!payload) {
      this.node.replaceChildren(
        element(
          'p',
          'chm-hint',
          'This result was saved by a newer version of chat-magic: update the extension.'
        )
      );
      return;
    }
    if (payload.distribution) {
      this.drawDistribution(payload.distribution);
      return;
    }
    this.views = this.makeViews(payload);
    const checks = payload.checks ? [drawChecks(payload.checks)] : [];
    const views = this.views.map(view => view.node);
    this.node.replaceChildren(this.versions.node, ...checks, ...views);
    this.node.classList.toggle('chm-wide', this.isWide());
  }

  private drawDistribution(distribution: PayloadDistribution): void {
    const insert = (text: string): Promise<string> => this.insertCell(text);
    const view = new DistributionView(distribution, insert, node => this.extend(distribution, node));
    this.node.replaceChildren(view.node);
  }

  /** Ask the kernel to go on from a node, and draw what it replies; return why it does not. */
  private extend({ handle }: PayloadDistribution, node: number): Promise<string> {
    return new Promise(done => {
      const respond = (payload: Payload | null, reason: string): void => {
        if (payload) {
          this.drawPayload(payload);
        }
        done(payload ? '' : reason);
      };
      const detail = { handle, node, respond };
      const event = new CustomEvent('chat-magic:extend', {
        bubbles: true,
        cancelable: true,
        detail
      });
      if (this.node.dispatchEvent(event)) {
        done('this page has no kernel to ask');
      }
    });
  }

  private isWide(): boolean {
    return this.comparison !== null || this.views.some(view => view instanceof RowsView);
  }

  private makeViews(payload: Payload): View[] {
    const insert = (text: string): Promise<string> => this.insertCell(text);
    if (payload.ablation) {
      const model = payload.results[0]?.model ?? '';
      return [new AblationView(model, payload.ablation, insert)];
    }
    const onMode = (mode: Mode): void => this.store(MODE_KEY, mode);
    const table = readRowTable(payload);
    if (table) {
      return [new RowsView(table, payload.results, this.options, insert, onMode)];
    }
    const comparison = readComparison(payload);
    if (!comparison) {
      return payload.results.map(
        result => new ResultView(new ResultModel(result), this.options, insert, onMode)
      );
    }
    const onViewState = (state: ViewState): void => this.store(STATE_KEY, { ...state });
    this.comparison = new ComparisonView(comparison, this.options, insert, { onMode, onViewState });
    return [this.comparison];
  }

  private get mode(): Mode {
    const mode = this.model?.metadata[MODE_KEY];
    return mode === 'tokens' || mode === 'raw' ? mode : 'text';
  }

  private store(key: string, value: IRenderMime.IMimeModel['metadata'][string]): void {
    const { model } = this;
    if (model && JSON.stringify(model.metadata[key]) !== JSON.stringify(value)) {
      model.setData({ metadata: { ...model.metadata, [key]: value } });
    }
  }

  /** Ask the page to insert a cell below; if it cannot, copy the cell. */
  private async insertCell(text: string): Promise<string> {
    const event = new CustomEvent('chat-magic:insert-cell', {
      bubbles: true,
      cancelable: true,
      detail: { text }
    });
    if (!this.node.dispatchEvent(event)) {
      return 'inserted below';
    }
    return (await copy(text))
      ? 'cannot insert cells here: copied to the clipboard'
      : 'cannot insert cells here, and the browser did not allow copying';
  }

  private readonly versions = new VersionBar(payload => {
    this.drawPayload(payload ?? this.payload);
    void this.setViews(true);
  });
  private payload: Payload | null = null;
  private model: IRenderMime.IMimeModel | null = null;
  private source: string | undefined;
  private views: View[] = [];
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
