/** Several answers set beside each other: side by side, as a tree, as a table, as a matrix. */

import { commonWarnings, titleOf, type Comparison } from '../../comparison';
import { readViewState, type ViewState } from '../../viewState';
import type { Mode } from '../choiceView';
import { button, details, element } from '../dom';
import { exactText, sentenceNodes } from '../exactText';
import type { MarkdownOptions } from '../markdownView';
import type { InsertCell } from '../tokenDetails';
import { drawHeader, drawRound, drawStatus } from '../statusLine';
import { AnswerTable } from './answerTable';
import { AnswerColumns } from './answerColumns';
import { RunMatrix } from './runMatrix';
import { DetailPane } from './detailPane';
import { ColumnScroller } from './columnScroller';
import { ComparisonToolbar } from './comparisonToolbar';
import { TreeView } from './treeView';

/** Remembers how the comparison is looked at. */
export interface ViewStateStore {
  onMode: (mode: Mode) => void;
  onViewState: (look: ViewState) => void;
}

export class ComparisonView {
  constructor(
    private readonly comparison: Comparison,
    options: MarkdownOptions,
    insertCell: InsertCell,
    private readonly store: ViewStateStore
  ) {
    this.look = readViewState(null, comparison);
    const onMode = (mode: Mode): void => this.onMode(mode);
    this.columns = new AnswerColumns(
      comparison,
      options,
      insertCell,
      onMode,
      chosen => void this.change({ chosen }),
      words => this.say(words, true)
    );
    this.toolbar = new ComparisonToolbar(comparison, change => void this.change(change));
    this.scroller = new ColumnScroller(this.columns.stage.columns, this.toolbar.more);
    this.opened = new DetailPane(options, insertCell, onMode);
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
      this.opened.node,
      ...this.footer(),
      this.live
    );
    this.node.addEventListener('keydown', event => this.onKey(event));
  }

  /** Show the answers as text, as tokens, or as they came. */
  async setMode(mode: Mode): Promise<void> {
    await this.columns.stage.setMode(this.look.isDiff && mode === 'tokens' ? 'text' : mode);
    await this.opened.setMode(mode);
  }

  /** Look at the answers as it was remembered. */
  async setViewState(stored: unknown): Promise<void> {
    const look = readViewState(stored, this.comparison);
    if (JSON.stringify(look) !== JSON.stringify(this.shown)) {
      await this.show(look);
    }
  }

  dispose(): void {
    this.scroller.dispose();
    this.columns.dispose();
    this.opened.close(false);
  }

  private async change(change: Partial<ViewState>): Promise<void> {
    const look = { ...this.look, ...change };
    const isBeside = look.view === 'columns' || look.view === 'list';
    if ((change.isDiff || change.base !== undefined) && !isBeside) {
      look.view = 'columns';
    }
    const shown = this.show(look);
    this.store.onViewState(look);
    this.announce(change);
    await shown;
  }

  /** Tokens and the diff exclude each other: whoever asks for one leaves the other. */
  private onMode(mode: Mode): void {
    this.store.onViewState(this.look);
    this.store.onMode(mode);
    if (mode === 'tokens' && this.look.isDiff) {
      void this.change({ isDiff: false });
    }
  }

  private async show(look: ViewState): Promise<void> {
    const isNew = look.view !== this.shown?.view;
    this.look = this.shown = look;
    this.node.dataset.view = look.view;
    this.toolbar.show(look);
    if (isNew) {
      this.opened.close(false);
    }
    const isBeside = look.view === 'columns' || look.view === 'list';
    this.columns.stage.switcher.hidden = !isBeside;
    this.columns.stage.tools.hidden = !isBeside || this.columns.stage.mode !== 'tokens';
    if (isBeside) {
      if (look.isDiff && this.columns.stage.mode === 'tokens') {
        this.store.onMode('text');
        await this.columns.stage.setMode('text');
      }
      await this.columns.show(look);
    }
    if (isNew) {
      this.body.replaceChildren(...this.viewElements(look.view));
    }
    this.scroller.update();
  }

  /** Return what a view shows; all but the columns is made when it is first asked for. */
  private viewElements(view: ViewState['view']): HTMLElement[] {
    const { comparison } = this;
    const open = (place: number, from: HTMLElement): void => this.openAnswer(place, from);
    switch (view) {
      case 'tree':
        this.trees ??= comparison.trees.flatMap(tree => {
          const { coordinates, model } = comparison.results[tree.result].result;
          const title = titleOf(coordinates ?? []) || model;
          const heading =
            comparison.trees.length > 1 ? [exactText('h5', 'chm-tree-title', title)] : [];
          return [...heading, new TreeView(comparison, tree, open).node];
        });
        return [...this.trees, ...this.failures()];
      case 'table':
        this.table ??= new AnswerTable(comparison, open).node;
        return [this.table, ...this.failures()];
      case 'matrix':
        this.matrix ??= new RunMatrix(comparison, (place, from) =>
          this.openResult(place, from)
        ).node;
        return [this.matrix];
      default:
        return [this.columns.stage.node];
    }
  }

  private failures(): HTMLElement[] {
    return this.comparison.results.flatMap(({ result: { error, coordinates } }) =>
      error ? [exactText('p', 'chm-warning', `${titleOf(coordinates ?? [])}: ${error}`)] : []
    );
  }

  private openAnswer(place: number, from: HTMLElement): void {
    const { result, answer, title } = this.comparison.answers[place];
    const found = this.comparison.results[result];
    const choice = found.choices.indexOf(answer);
    void this.opened.show(found, choice, title, this.mode, from);
  }

  private openResult(place: number, from: HTMLElement): void {
    const found = this.comparison.results[place];
    const { coordinates } = found.result;
    const title = (coordinates ?? []).map(each => `${each.name} ${each.title}`).join(' · ');
    void this.opened.show(found, null, title, this.mode, from);
  }

  private get mode(): Mode {
    return this.columns.stage.mode ?? 'text';
  }

  private header(): HTMLElement {
    const { results, axes } = this.comparison;
    const { switcher } = this.columns.stage;
    if (results.length === 1) {
      return drawStatus(results[0].result, switcher);
    }
    const failed = results.filter(({ result }) => result.error).length;
    const models = new Set(results.map(({ result }) => result.model));
    const isModels = axes.length === 1 && axes[0].name === 'model';
    const facts = [
      ...(axes.length && !isModels ? [axes.map(({ name }) => name).join(' × ')] : []),
      ...(models.size === 1 ? models : []),
      ...(failed ? [`${failed} of ${results.length} failed`] : [])
    ];
    const title = `${results.length} ${isModels ? 'models' : 'runs'}`;
    return drawHeader(title, facts, commonWarnings(this.comparison), switcher);
  }

  private rounds(): HTMLElement[] {
    const { results } = this.comparison;
    return results.length === 1 ? results[0].result.rounds.map(drawRound) : [];
  }

  private summary(): HTMLElement | null {
    const { chip, agreement } = this.comparison;
    if (!chip && !agreement) {
      return null;
    }
    const jump = button(
      '',
      'Go to where the answers part (])',
      () => void this.step(1),
      'chm-summary-link'
    );
    jump.append(...sentenceNodes(chip ?? ''));
    return element(
      'div',
      'chm-summary',
      chip ? jump : null,
      agreement ? exactText('span', 'chm-muted', agreement) : null
    );
  }

  private footer(): (HTMLElement | null)[] {
    const { results } = this.comparison;
    if (results.length === 1) {
      const { unsure } = results[0].result;
      return [unsure ? element('p', 'chm-unsure-line', ...sentenceNodes(unsure)) : null];
    }
    const each = (): HTMLElement =>
      element(
        'div',
        'chm-runs',
        ...results.flatMap(({ result }) => [
          exactText('strong', '', titleOf(result.coordinates ?? [])),
          element(
            'div',
            '',
            drawStatus(result, element('span')),
            ...result.rounds.map(drawRound),
            result.unsure ? exactText('p', 'chm-unsure-line', result.unsure) : null
          )
        ])
      );
    return [details(`what each of the ${results.length} runs took, and was unsure of`, each)];
  }

  private onKey(event: KeyboardEvent): void {
    const isElsewhere = event.target instanceof HTMLSelectElement;
    if (event.ctrlKey || event.metaKey || event.altKey || isElsewhere || !this.act(event.key)) {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  private act(key: string): boolean {
    if (/^\d$/.test(key)) {
      const base = this.columns.placeOf(key);
      if (base === null) {
        this.say(`there is no answer ${key}`, true);
      } else {
        void this.change({ base, isDiff: true });
      }
      return true;
    }
    switch (key) {
      case 'd':
        void this.change({ isDiff: !this.look.isDiff });
        return true;
      case 'l':
        void this.change({ view: this.toolbar.next(this.look.view) });
        return true;
      case '[':
      case ']':
        void this.step(key === ']' ? 1 : -1);
        return true;
      case 'v':
        void this.columns.stage.nextMode();
        return true;
      default:
        return false;
    }
  }

  /** Go to the next or previous place where the answers differ. */
  private async step(by: 1 | -1): Promise<void> {
    if (this.look.view !== 'columns' && this.look.view !== 'list') {
      await this.change({ view: 'columns' });
    }
    const diffTargets = this.columns.diffTargets();
    const at = diffTargets.findIndex(({ key }) => key === this.goal);
    const next = at < 0 ? (by > 0 ? 0 : diffTargets.length - 1) : at + by;
    const goal = diffTargets[next];
    if (!goal) {
      this.say(diffTargets.length ? 'no more differences' : 'no differences', true);
      return;
    }
    this.goal = goal.key;
    goal.go();
    this.say(`${next + 1} of ${diffTargets.length}: ${goal.words}`);
  }

  private announce({ view, isDiff, base, by, order, chosen }: Partial<ViewState>): void {
    const { answers } = this.comparison;
    const words = [
      view && `${view} shown`,
      isDiff === false && 'diff off',
      (isDiff || base !== undefined || by) &&
        `compared with ${answers[this.look.base].title} by ${this.look.by}`,
      order && `ordered: ${order}`,
      chosen === null || chosen === undefined ? '' : `went on with ${answers[chosen].title}`
    ];
    this.say(words.filter(Boolean).join(', '));
  }

  private say(words: string, isSeen = false): void {
    this.live.textContent = words;
    this.note.textContent = isSeen ? words : '';
  }

  readonly node: HTMLElement;
  private look: ViewState;
  private shown: ViewState | null = null;
  private goal: unknown = null;
  private readonly toolbar: ComparisonToolbar;
  private readonly columns: AnswerColumns;
  private readonly scroller: ColumnScroller;
  private readonly opened: DetailPane;
  private readonly body = element('div', 'chm-comparison-body');
  private readonly note = element('div', 'chm-note');
  private readonly live = element('div', 'chm-visually-hidden');
  private trees: HTMLElement[] | null = null;
  private table: HTMLElement | null = null;
  private matrix: HTMLElement | null = null;
}
