/** Draws a payload into an element, whatever front end that is in. */

import constants from '../../constants.json';
import { ResultModel } from '../answer';
import { readComparison } from '../comparison';
import { readPayload } from '../payload';
import type { Payload, PayloadDistribution, PayloadResult } from '../payloadTypes';
import { readRowTable } from '../rowTable';
import { firstAnswer, savedVersions, type VersionSource } from '../versions';
import type { ViewState } from '../viewState';
import { AblationView } from './ablationView';
import { drawChecks } from './checksView';
import type { Mode } from './choiceView';
import { ComparisonView } from './comparison/comparisonView';
import { copy, element } from './dom';
import { DistributionView } from './distributionView';
import type { MarkdownOptions } from './markdownView';
import { ResultView } from './resultView';
import { RowsView } from './rows/rowsView';
import { VersionBar } from './versionBar';

/** What a front end gives to the views. */
export interface Front {
  /** Its parser of Markdown, and what makes HTML safe. */
  markdown: MarkdownOptions;
  /** Insert a cell below, if there are cells; false has it copied. */
  insertCell?: (text: string) => boolean;
  /** How the result was last viewed; absent where nothing remembers it. */
  memory?: Memory;
}

export interface Memory {
  get: (key: string) => unknown;
  set: (key: string, value: Stored) => void;
}

/** What can be remembered: plain JSON. */
export type Stored = string | Record<string, string | number | boolean | null>;

/** Where the mode and the state of a comparison are remembered. */
const MODE_KEY = constants.modeKey;
const STATE_KEY = 'chat_magic_comparison';

/** What a picture asks the kernel for: more of a distribution, or a run of a table as a whole. */
export type KernelRequest =
  | { ask: 'extend'; handle: string | null; node: number }
  | { ask: 'run'; handle: string; run: number };

export interface KernelReply {
  payload: Payload | null;
  /** Why there is none; else empty. */
  reason: string;
}

type View = AblationView | ComparisonView | ResultView | RowsView;

export class Root {
  constructor(
    private readonly node: HTMLElement,
    private readonly front: Front
  ) {}

  /** Draw a payload in the remembered state, unless it is drawn already. */
  async draw(data: unknown): Promise<void> {
    this.node.classList.add('chm-root');
    const source = JSON.stringify(data);
    const isNew = source !== this.source;
    if (isNew) {
      this.source = source;
      this.payload = readPayload(data);
      this.drawPayload(this.payload);
      this.askVersions();
    }
    await this.setViews(isNew);
  }

  /** Offer the versions that the notebook holds, until the page tells of all; it must be attached. */
  askVersions(): void {
    const { payload } = this;
    if (!payload || !this.node.isConnected) {
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

  dispose(): void {
    this.views.forEach(view => view.dispose());
  }

  /** Show the views in the state that is remembered. */
  private async setViews(isNew: boolean): Promise<void> {
    const stored = this.front.memory?.get(STATE_KEY);
    const state = stored ?? (this.mode === 'tokens' ? { view: 'columns' } : null);
    if (isNew || stored !== undefined) {
      await this.comparison?.setViewState(state);
    }
    await Promise.all(this.views.map(view => view.setMode(this.mode)));
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
    const checks = payload.checks ? [drawChecks(payload.checks, !payload.rows)] : [];
    const views = this.views.map(view => view.node);
    this.showBelowVersions(...checks, ...views);
    this.node.classList.toggle('chm-wide', this.isWide());
  }

  /** Show elements below the versions, whose buttons keep the focus. */
  private showBelowVersions(...nodes: HTMLElement[]): void {
    const { node, versions } = this;
    if (versions.node.parentNode !== node) {
      node.replaceChildren(versions.node);
    }
    while (versions.node.nextSibling) {
      versions.node.nextSibling.remove();
    }
    node.append(...nodes);
  }

  private drawDistribution(distribution: PayloadDistribution): void {
    const insert = (text: string): Promise<string> => this.insertCell(text);
    const view = new DistributionView(distribution, insert, node =>
      this.extend(distribution, node)
    );
    this.node.replaceChildren(view.node);
  }

  /** Ask the kernel to go on from a node, and draw what it replies; return why it does not. */
  private async extend({ handle }: PayloadDistribution, node: number): Promise<string> {
    const { payload, reason } = await this.askKernel({ ask: 'extend', handle, node });
    if (payload) {
      this.drawPayload(payload);
    }
    return reason;
  }

  private askKernel(request: KernelRequest): Promise<KernelReply> {
    return new Promise(respond => {
      const detail = { request, respond };
      const event = new CustomEvent('chat-magic:ask', { bubbles: true, cancelable: true, detail });
      if (this.node.dispatchEvent(event)) {
        respond({ payload: null, reason: 'this page has no kernel to ask' });
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
    const onMode = (mode: Mode): void => this.front.memory?.set(MODE_KEY, mode);
    const { markdown } = this.front;
    const table = readRowTable(payload);
    if (table) {
      const askRun = async (handle: string, run: number): Promise<PayloadResult | null> =>
        (await this.askKernel({ ask: 'run', handle, run })).payload?.results[0] ?? null;
      return [new RowsView(table, payload.results, markdown, insert, onMode, askRun)];
    }
    const comparison = readComparison(payload);
    if (!comparison) {
      return payload.results.map(
        result => new ResultView(new ResultModel(result), markdown, insert, onMode)
      );
    }
    const onViewState = (state: ViewState): void => this.front.memory?.set(STATE_KEY, { ...state });
    this.comparison = new ComparisonView(comparison, markdown, insert, { onMode, onViewState });
    return [this.comparison];
  }

  private get mode(): Mode {
    const mode = this.front.memory?.get(MODE_KEY);
    return mode === 'tokens' || mode === 'raw' ? mode : 'text';
  }

  /** Insert a cell below; where that is not possible, copy it. */
  private async insertCell(text: string): Promise<string> {
    if (this.front.insertCell?.(text)) {
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
  private source: string | undefined;
  private views: View[] = [];
  private comparison: ComparisonView | null = null;
}
