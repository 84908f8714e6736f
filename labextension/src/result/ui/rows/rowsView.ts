/** The answers to the rows of data: a table of rows and variants, and the answer that is open. */

import { ResultModel } from '../../answer';
import { itemAt } from '../../indexing';
import type { PayloadResult } from '../../payloadTypes';
import { EVERYTHING, runAt, shownRows, type RowTable, type Selection } from '../../rowTable';
import type { Mode } from '../choiceView';
import { DetailPane } from '../comparison/detailPane';
import { element, isCommandKey } from '../dom';
import type { MarkdownOptions } from '../markdownView';
import { drawHeader } from '../statusLine';
import type { InsertCell } from '../tokenDetails';
import { RowGrid } from './rowGrid';
import { RowToolbar, type VariantPair } from './rowToolbar';

const LEFT_OUT =
  'Some tokens or alternatives are not saved in this notebook, to limit its size: .tokens has all';

/** Ask the kernel for a result with all its tokens; null where it has none to give. */
export type AskRun = (handle: string, run: number) => Promise<PayloadResult | null>;

export class RowsView {
  constructor(
    private readonly table: RowTable,
    private readonly results: readonly PayloadResult[],
    options: MarkdownOptions,
    insertCell: InsertCell,
    private readonly onMode: (mode: Mode) => void,
    private readonly askRun: AskRun
  ) {
    const keepMode = (mode: Mode): void => {
      this.mode = mode;
      this.onMode(mode);
    };
    const returnToCell = (): void => this.grid.returnToOpened();
    this.detailPane = new DetailPane(options, insertCell, keepMode, returnToCell);
    this.toolbar = new RowToolbar(table, {
      onFilter: filter => this.select({ filter }),
      onText: text => this.select({ text }),
      onDiff: pair => this.compare(pair)
    });
    this.grid = new RowGrid(table, {
      onOpen: (row, variant, from) => void this.open(row, variant, from),
      onSort: sort => this.select({ sort }),
      answerText: (row, variant) => this.answerText(row, variant)
    });
    const { facts, warnings } = table.rows;
    const [title = '', ...others] = facts;
    const isCut =
      table.rows.is_cut === true ||
      results.some(({ alternatives_left_out }) => alternatives_left_out > 0);
    this.node = element(
      'section',
      'chm-result chm-rows-view',
      drawHeader(title, others, warnings, element('span')),
      this.toolbar.node,
      this.grid.node,
      isCut ? element('p', 'chm-hint', LEFT_OUT) : null,
      this.detailPane.node
    );
    this.node.tabIndex = -1;
    this.node.addEventListener('keydown', event => this.onKey(event));
    this.select({});
  }

  /** Show the open answer as rendered text, as tokens, or as raw text. */
  async setMode(mode: Mode): Promise<void> {
    this.mode = mode;
    await this.detailPane.setMode(mode);
  }

  dispose(): void {
    this.toolbar.dispose();
    this.detailPane.close(false);
  }

  private select(change: Partial<Selection>): void {
    this.selection = { ...this.selection, ...change };
    const rows = shownRows(this.table, this.selection);
    this.toolbar.showCount(rows.length, this.table.titles.length);
    this.grid.show(rows, this.selection.sort);
  }

  private compare(pair: VariantPair | null): void {
    this.pair = pair;
    this.toolbar.showDiff(pair);
    this.grid.compare(pair);
  }

  /** Open an answer as the notebook has it, then with what the kernel adds. */
  private async open(row: number, variant: number, from: HTMLElement): Promise<void> {
    const run = runAt(this.table, row, variant);
    const { title } = itemAt(this.table.rows.variants, variant);
    const name = `${this.table.rows.index} ${this.table.titles[row] ?? ''} · ${title}`;
    const show = (result: PayloadResult): Promise<void> =>
      this.detailPane.show(new ResultModel(result), null, name, this.mode, from);
    this.opened = run;
    await show(this.whole.get(run) ?? itemAt(this.results, run));
    const { handle } = this.table.rows;
    if (handle === undefined || this.whole.has(run)) {
      return;
    }
    const whole = await this.askRun(handle, run);
    if (whole) {
      this.whole.set(run, whole);
    }
    if (whole && this.opened === run && !this.detailPane.node.hidden) {
      await show(whole);
    }
  }

  private answerText(row: number, variant: number): string {
    const [choice] = itemAt(this.results, runAt(this.table, row, variant)).choices;
    return choice?.text ?? choice?.refusal ?? '';
  }

  private onKey(event: KeyboardEvent): void {
    const isTyped = event.target instanceof HTMLInputElement;
    if (isTyped || !isCommandKey(event) || !this.act(event.key)) {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  private act(key: string): boolean {
    if (key === 'd' && this.table.rows.variants.length > 1) {
      this.compare(this.pair ? null : this.toolbar.nextPair(this.grid.focusedVariant));
      return true;
    }
    if (key === '/') {
      this.toolbar.search.focus();
      return true;
    }
    return this.detailPane.act(key);
  }

  readonly node: HTMLElement;
  private readonly detailPane: DetailPane;
  private readonly toolbar: RowToolbar;
  private readonly grid: RowGrid;
  private selection: Selection = EVERYTHING;
  private pair: VariantPair | null = null;
  /** The results that the kernel gave, by run. */
  private readonly whole = new Map<number, PayloadResult>();
  private opened = -1;
  private mode: Mode = 'text';
}
