/** Several answers compared: side by side, as a tree, as a table or as a matrix. */

import {
  commonWarnings,
  gridTitle,
  namedGridTitle,
  numberedTitle,
  type Comparison
} from '../../comparison';
import { itemAt } from '../../indexing';
import { readViewState, type ViewState } from '../../viewState';
import type { Mode } from '../choiceView';
import { button, details, element, isCommandKey } from '../dom';
import { exactText, sentenceNodes } from '../exactText';
import { KeyHelp } from '../keyHelp';
import type { MarkdownOptions } from '../markdownView';
import { termNodes } from '../terms';
import type { InsertCell } from '../tokenDetails';
import { drawHeader, drawRound, drawStatus } from '../statusLine';
import { AnswerTable } from './answerTable';
import { AnswerColumns } from './answerColumns';
import { RunMatrix } from './runMatrix';
import { DetailPane } from './detailPane';
import { ColumnScroller } from './columnScroller';
import { ComparisonToolbar } from './comparisonToolbar';
import { TreeView } from './treeView';

/** Stores how the comparison is viewed. */
export interface ViewStateStore {
  onMode: (mode: Mode) => void;
  onViewState: (state: ViewState) => void;
}

export class ComparisonView {
  constructor(
    private readonly comparison: Comparison,
    options: MarkdownOptions,
    insertCell: InsertCell,
    private readonly store: ViewStateStore
  ) {
    this.state = readViewState(null, comparison);
    const onMode = (mode: Mode): void => this.onMode(mode);
    this.columns = new AnswerColumns(
      comparison,
      options,
      insertCell,
      onMode,
      chosen => void this.change({ chosen }),
      message => this.say(message, true),
      by => void this.change({ by })
    );
    this.toolbar = new ComparisonToolbar(comparison, change => void this.change(change));
    this.help = new KeyHelp({ tokens: this.columns.stage.hasTokens, comparison: true });
    this.scroller = new ColumnScroller(this.columns.stage.columns, this.toolbar.more);
    this.detailPane = new DetailPane(options, insertCell, onMode);
    this.live.setAttribute('role', 'status');
    this.live.setAttribute('aria-live', 'polite');
    this.node = element(
      'section',
      'chm-result chm-comparison',
      this.header(),
      ...this.rounds(),
      this.toolbar.node,
      this.summary(),
      this.note,
      this.body,
      this.columns.stage.tools,
      this.detailPane.node,
      ...this.footer(),
      this.live
    );
    this.node.tabIndex = -1;
    this.node.addEventListener('keydown', event => this.onKey(event));
  }

  /** Show the answers as rendered text, as tokens, or as raw text. */
  async setMode(mode: Mode): Promise<void> {
    await this.columns.stage.setMode(this.state.isDiff && mode === 'tokens' ? 'text' : mode);
    await this.detailPane.setMode(mode);
  }

  /** Show the comparison in a stored state. */
  async setViewState(stored: unknown): Promise<void> {
    const state = readViewState(stored, this.comparison);
    if (JSON.stringify(state) !== JSON.stringify(this.shown)) {
      await this.show(state);
    }
  }

  dispose(): void {
    this.scroller.dispose();
    this.columns.dispose();
    this.detailPane.close(false);
  }

  private async change(change: Partial<ViewState>): Promise<void> {
    const state = { ...this.state, ...change };
    const isBeside = state.view === 'columns' || state.view === 'list';
    if ((change.isDiff || change.base !== undefined) && !isBeside) {
      state.view = 'columns';
    }
    const shown = this.show(state);
    this.store.onViewState(state);
    this.announce(change);
    await shown;
  }

  /** Store a mode; tokens and the diff exclude each other. */
  private onMode(mode: Mode): void {
    this.store.onViewState(this.state);
    this.store.onMode(mode);
    if (mode === 'tokens' && this.state.isDiff) {
      void this.change({ isDiff: false });
    }
  }

  private async show(state: ViewState): Promise<void> {
    const isNew = state.view !== this.shown?.view;
    this.state = this.shown = state;
    this.node.dataset.view = state.view;
    this.toolbar.show(state);
    if (isNew) {
      this.detailPane.close(false);
    }
    const { isBeside } = this;
    this.columns.stage.switcher.hidden = !isBeside;
    this.columns.stage.tools.hidden = !isBeside || this.columns.stage.mode !== 'tokens';
    if (isBeside) {
      if (state.isDiff && this.columns.stage.mode === 'tokens') {
        this.store.onMode('text');
        await this.columns.stage.setMode('text');
      }
      await this.columns.show(state);
    }
    if (isNew) {
      this.body.replaceChildren(...this.viewElements(state.view));
    }
    this.scroller.update();
  }

  /** Return the elements of a view; all but the columns are made on first use. */
  private viewElements(view: ViewState['view']): HTMLElement[] {
    const { comparison } = this;
    const open = (index: number, from: HTMLElement): void => this.openAnswer(index, from);
    switch (view) {
      case 'tree':
        this.trees ??= comparison.trees.flatMap(tree => {
          const { coordinates, model } = itemAt(comparison.results, tree.result).result;
          const title = gridTitle(coordinates) || model;
          const heading =
            comparison.trees.length > 1 ? [exactText('h5', 'chm-tree-title', title)] : [];
          return [...heading, new TreeView(comparison, tree, open).node];
        });
        return [...this.trees, ...this.failures()];
      case 'table':
        this.table ??= new AnswerTable(comparison, open).node;
        return [this.table, ...this.failures()];
      case 'matrix':
        this.matrix ??= new RunMatrix(comparison, (index, from) =>
          this.openResult(index, from)
        ).node;
        return [this.matrix];
      default:
        return [this.columns.stage.node];
    }
  }

  private failures(): HTMLElement[] {
    return this.comparison.results.flatMap(({ result: { error, coordinates } }) =>
      error ? [exactText('p', 'chm-warning', `${gridTitle(coordinates)}: ${error}`)] : []
    );
  }

  private openAnswer(index: number, from: HTMLElement): void {
    const { result, answer, title } = itemAt(this.comparison.answers, index);
    const model = itemAt(this.comparison.results, result);
    const choice = model.choices.indexOf(answer);
    void this.detailPane.show(model, choice, title, this.mode, from);
  }

  private openResult(index: number, from: HTMLElement): void {
    const model = itemAt(this.comparison.results, index);
    const title = namedGridTitle(model.result.coordinates);
    void this.detailPane.show(model, null, title, this.mode, from);
  }

  /** Whether the answers are shown in columns or as a list. */
  private get isBeside(): boolean {
    return this.state.view === 'columns' || this.state.view === 'list';
  }

  private get mode(): Mode {
    return this.columns.stage.mode ?? 'text';
  }

  private header(): HTMLElement {
    const { results, axes } = this.comparison;
    const controls = element('span', 'chm-controls', this.help.node, this.columns.stage.switcher);
    const [single, ...others] = results;
    if (single && !others.length) {
      return drawStatus(single.result, controls);
    }
    const failed = results.filter(({ result }) => result.error).length;
    const models = new Set(results.map(({ result }) => result.model));
    const isModels = axes.length === 1 && axes[0]?.name === 'model';
    const facts = [
      ...(axes.length && !isModels ? [axes.map(({ name }) => name).join(' × ')] : []),
      ...(models.size === 1 ? models : []),
      ...(failed ? [`${failed} of ${results.length} failed`] : [])
    ];
    const title = `${results.length} ${isModels ? 'models' : 'runs'}`;
    return drawHeader(title, facts, commonWarnings(this.comparison), controls);
  }

  private rounds(): HTMLElement[] {
    const [single, ...others] = this.comparison.results;
    return single && !others.length ? single.result.rounds.map(drawRound) : [];
  }

  private summary(): HTMLElement | null {
    const { divergenceSummary, agreement } = this.comparison;
    if (!divergenceSummary && !agreement) {
      return null;
    }
    const jump = button(
      '',
      'Go to the first difference (])',
      () => void this.step(1),
      'chm-summary-link'
    );
    jump.append(...sentenceNodes(divergenceSummary ?? ''));
    return element(
      'div',
      'chm-summary',
      divergenceSummary ? jump : null,
      agreement ? element('span', 'chm-muted', ...termNodes(agreement)) : null
    );
  }

  private footer(): (HTMLElement | null)[] {
    const { results } = this.comparison;
    const [single, ...others] = results;
    if (single && !others.length) {
      const { unsure } = single.result;
      return [unsure ? element('p', 'chm-unsure-line', ...sentenceNodes(unsure)) : null];
    }
    const draw = (): HTMLElement =>
      element(
        'div',
        'chm-runs',
        ...results.flatMap(({ result }) => [
          exactText('strong', '', gridTitle(result.coordinates)),
          element(
            'div',
            '',
            drawStatus(result, element('span')),
            ...result.rounds.map(drawRound),
            result.unsure ? exactText('p', 'chm-unsure-line', result.unsure) : null
          )
        ])
      );
    return [details(`Status and unsure tokens of the ${results.length} runs`, draw)];
  }

  private onKey(event: KeyboardEvent): void {
    if (isCommandKey(event) && this.act(event.key)) {
      event.preventDefault();
      event.stopPropagation();
    }
  }

  private act(key: string): boolean {
    if (this.help.act(key)) {
      return true;
    }
    if (/^\d$/.test(key)) {
      const base = this.columns.indexByDigit(key);
      if (base === null) {
        this.say(`no answer ${key}`, true);
      } else {
        void this.change({ base, isDiff: true });
      }
      return true;
    }
    switch (key) {
      case 'd':
        void this.change({ isDiff: !this.state.isDiff });
        return true;
      case 'l':
        void this.change({ view: this.toolbar.next(this.state.view) });
        return true;
      case '[':
      case ']':
        void this.step(key === ']' ? 1 : -1);
        return true;
      default:
        return this.isBeside && this.columns.stage.act(key);
    }
  }

  /** Go to the next or the previous difference. */
  private async step(by: 1 | -1): Promise<void> {
    if (!this.isBeside) {
      await this.change({ view: 'columns' });
    }
    const targets = this.columns.diffTargets();
    const at = targets.findIndex(({ key }) => key === this.currentTarget);
    const next = at < 0 ? (by > 0 ? 0 : targets.length - 1) : at + by;
    const target = targets[next];
    if (!target) {
      this.say(targets.length ? 'no more differences' : 'no differences', true);
      return;
    }
    this.currentTarget = target.key;
    target.go();
    this.say(`${next + 1} of ${targets.length}: ${target.description}`);
  }

  private announce({ view, isDiff, base, by, order, chosen }: Partial<ViewState>): void {
    const { answers } = this.comparison;
    const messages = [
      view && `${view} shown`,
      isDiff === false && 'diff off',
      (isDiff === true || base !== undefined || by !== undefined) &&
        `compared with ${numberedTitle(itemAt(answers, this.state.base))} by ${this.state.by}`,
      order && `order: ${order}`,
      chosen === null || chosen === undefined
        ? ''
        : `continued from ${itemAt(answers, chosen).title}`
    ];
    this.say(messages.filter(Boolean).join(', '));
  }

  private say(message: string, isVisible = false): void {
    this.live.textContent = message;
    this.note.textContent = isVisible ? message : '';
  }

  readonly node: HTMLElement;
  private state: ViewState;
  private shown: ViewState | null = null;
  private currentTarget: unknown = null;
  private readonly toolbar: ComparisonToolbar;
  private readonly help: KeyHelp;
  private readonly columns: AnswerColumns;
  private readonly scroller: ColumnScroller;
  private readonly detailPane: DetailPane;
  private readonly body = element('div', 'chm-comparison-body');
  private readonly note = element('div', 'chm-note');
  private readonly live = element('div', 'chm-visually-hidden');
  private trees: HTMLElement[] | null = null;
  private table: HTMLElement | null = null;
  private matrix: HTMLElement | null = null;
}
