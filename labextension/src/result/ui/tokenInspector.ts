/** Paints the tokens of results, and moves a cursor and a selection through them. */

import constants from '../../constants.json';
import type { Answer, ResultModel } from '../answer';
import { count, percent, tokenName } from '../tokenFormat';
import {
  AGGREGATES,
  binPieces,
  countBins,
  HEATMAP_METRICS,
  heatmapMetric,
  UNKNOWN_BIN,
  type Aggregate,
  type MetricName
} from '../heatmap';
import { meaningOf } from '../glossary';
import { nextItem } from '../indexing';
import { hintLine, TOKEN_KEYS } from '../keys';
import type { TextRange } from '../renderedRange';
import { whatIfFault } from '../samplingTest';
import {
  GRANULARITIES,
  tokenSegments,
  typedPattern,
  type Granularity,
  type TokenSegment
} from '../segments';
import { expectedAgreement, type Sampling } from '../whatIf';
import { rangeWords, settingsWords } from '../whatIfWords';
import { button, capitalized, element, focusedAt, select, selectionAt } from './dom';
import { TokenDetails, type InsertCell } from './tokenDetails';
import { SurprisalStrip } from './surprisalStrip';
import { TokenTable } from './tokenTable';
import { TokenText } from './tokenText';
import { WhatIfBar } from './whatIfBar';
import { WhatIfPainter, type WhatIfPaint } from './whatIfPaint';

const UNSURE = constants.binEdges[0] ?? 0.5;

interface TokenView {
  answer: Answer;
  text: TokenText;
  strip: SurprisalStrip;
  title: string;
  segments: TokenSegment[] | null;
  /** How many pieces each bin has. */
  counts: number[];
  painter: WhatIfPainter;
}

/** Pixels up to which style/result.css puts columns below each other. */
const STACKED_WIDTH = 620;
/** Tokens whose metrics are computed at a time, so that the page stays responsive. */
const COMPUTED_AT_ONCE = 400;

/** The tokens of one result or of several, on one colour scale, with one cursor and one panel. */
export class TokenInspector {
  constructor(
    private readonly results: readonly ResultModel[],
    insertCell: InsertCell
  ) {
    this.live.setAttribute('role', 'status');
    this.live.setAttribute('aria-live', 'polite');
    this.details = new TokenDetails(
      insertCell,
      message => this.say(message, true),
      () => this.close(),
      () => this.filterTable()
    );
    this.bar = this.makeBar();
    this.whatIf.setFault('the alternatives are being read');
    this.node = element(
      'div',
      'chm-inspector',
      this.bar,
      this.whatIf.node,
      this.note,
      this.tableFrame,
      this.live
    );
    const omitted = results.reduce((sum, { result }) => sum + result.alternatives_left_out, 0);
    if (omitted) {
      const message = `${count(omitted)} less probable alternatives are left out of the notebook; the result in the kernel has them`;
      this.bar.after(element('div', 'chm-hint', message));
    }
  }

  /** Put the details into an element, from which they move to where the selection is. */
  attachTo(stage: HTMLElement): void {
    this.stage = stage;
    stage.append(this.details.node);
    this.observer.observe(stage);
  }

  /** Add the tokens of an answer to its column. */
  add(answer: Answer, host: HTMLElement, title: string, divergence: TextRange | null): void {
    const text = new TokenText(answer, `Tokens of ${title}; move with the arrow keys`, divergence);
    const strip = new SurprisalStrip(answer, (from, to) => this.select(view, from, to));
    const painter = new WhatIfPainter(answer);
    const view: TokenView = { answer, text, strip, title, segments: null, counts: [], painter };
    this.views.push(view);
    host.append(text.node, view.strip.node);
    text.node.tabIndex = this.views.length === 1 ? 0 : -1;
    text.node.addEventListener('click', event => this.onClick(view, event));
    text.node.addEventListener('keydown', event => this.onKey(view, event));
    text.node.addEventListener('focus', () => this.onFocus(view));
    if (this.isStarted && this.sampling) {
      this.repaint();
    } else if (this.isStarted) {
      this.paint(view);
      this.showLegend();
    }
  }

  /** Paint when the tokens are in the page, and again when the alternatives are loaded. */
  async start(): Promise<void> {
    this.isStarted = true;
    this.repaint();
    try {
      await Promise.all(this.results.map(result => result.load()));
    } catch {
      this.say('cannot read the alternatives', true);
      return;
    }
    this.views.forEach(({ answer }) => answer.resetMetrics());
    this.whatIf.setFault(whatIfFault(this.results));
    if (this.selected) {
      this.showSelection(false);
    }
    this.repaint();
    await this.computeAhead();
  }

  /** Put the cursor on a piece. */
  goTo(answer: Answer, piece: number): void {
    const view = this.views.find(candidate => candidate.answer === answer);
    if (view && answer.pieces.length) {
      this.select(view, piece, piece, true);
      view.text.node.focus({ preventScroll: true });
    }
  }

  dispose(): void {
    this.isDisposed = true;
    this.observer.disconnect();
    this.views.forEach(({ text, strip }) => {
      text.dispose();
      strip.dispose();
    });
  }

  /** Compute the metrics of all tokens step by step, so that a change of metric is immediate. */
  private async computeAhead(): Promise<void> {
    for (const { answer, strip } of this.views) {
      for (let index = 0; index < answer.tokens.length && !this.isDisposed; index += 1) {
        answer.metrics(index);
        if (index % COMPUTED_AT_ONCE === COMPUTED_AT_ONCE - 1) {
          await new Promise(resolve => setTimeout(resolve, 0));
        }
      }
      strip.showEntropy();
    }
  }

  private repaint(): void {
    if (this.sampling) {
      this.paintWhatIf(this.sampling);
    } else {
      this.views.forEach(view => this.paint(view));
    }
    this.showLegend();
    this.aggregates.hidden = this.granularity === 'token';
    this.regex.hidden = this.granularity !== 'regex';
    const isEmpty = this.views.every(({ segments }) => segments && !segments.length);
    this.permanentNote = isEmpty ? (this.emptyReason() ?? '') : '';
    this.note.textContent = this.permanentNote;
  }

  /** Say why no answer has segments, by what they are cut by. */
  private emptyReason(): string | undefined {
    return {
      field: 'the answer is not JSON and has no fields',
      regex: 'nothing matches the regular expression'
    }[this.granularity as string];
  }

  private paint(view: TokenView): void {
    const { text, pieces } = view.answer;
    view.segments = tokenSegments(text, pieces, this.granularity, this.pattern);
    const metric = heatmapMetric(this.metric);
    const bins = binPieces(metric, view.answer, view.segments, this.aggregate);
    view.counts = countBins(metric, view.answer, view.segments, bins);
    view.text.paint(bins);
    view.strip.paint(bins);
  }

  /** Paint under other sampling settings, and say what they would have made of the answers. */
  private paintWhatIf(sampling: Sampling): void {
    const painted = this.views.map(view => ({ view, paint: view.painter.paint(sampling) }));
    for (const { view, paint } of painted) {
      view.counts = new Array<number>(UNKNOWN_BIN + 1).fill(0);
      paint.bins.forEach((bin, index) => {
        if (!view.answer.piece(index).isUncounted) {
          view.counts[bin] = (view.counts[bin] ?? 0) + 1;
        }
      });
      view.text.paint(paint.bins, paint.marks);
      view.strip.paint(paint.bins);
    }
    const settings = settingsWords(sampling);
    const lines = painted.flatMap(({ view, paint }) =>
      paint.words
        ? [`${this.views.length > 1 ? view.title : 'this answer'}: ${paint.words} at ${settings}`]
        : []
    );
    this.whatIf.showSummary([...lines, ...this.agreementLines(painted)]);
  }

  /** Say how often two answers to one request would agree. */
  private agreementLines(painted: { view: TokenView; paint: WhatIfPaint }[]): string[] {
    return this.results.flatMap(model => {
      const own = painted.filter(({ view }) => model.choices.includes(view.answer));
      const distinct = new Map(own.map(({ view, paint }) => [view.answer.text, paint.answer]));
      const bounds = [...distinct.values()].filter(answer => answer !== null);
      if (own.length < 2 || bounds.length < distinct.size) {
        return [];
      }
      const [low, high] = expectedAgreement(bounds);
      const range = rangeWords(Math.log(low), Math.log(high));
      return [`expected agreement of two answers: ${range}, from ${own.length} choices`];
    });
  }

  private setSampling(sampling: Sampling | null): void {
    this.sampling = sampling;
    this.whatIf.showSummary([]);
    this.repaint();
  }

  private makeBar(): HTMLElement {
    const metrics = select(
      'metric',
      HEATMAP_METRICS.map(({ name }) => name),
      this.metric,
      value => this.setMetric(value as MetricName)
    );
    const granularities = select('granularity', GRANULARITIES, this.granularity, value =>
      this.setGranularity(value as Granularity)
    );
    this.aggregates = select('aggregate', AGGREGATES, this.aggregate, value => {
      this.aggregate = value as Aggregate;
      this.repaint();
    });
    this.regex.type = 'text';
    this.regex.placeholder = this.regex.ariaLabel = 'regular expression';
    this.regex.addEventListener('change', () => this.setPattern(this.regex.value));
    this.controls = { metrics, granularities };
    metrics.title = describeMetric(this.metric);
    const table = button('Token table', 'The tokens as a table (t)', () => this.toggleTable());
    const hint = element('span', 'chm-key-hints', hintLine(TOKEN_KEYS));
    return element(
      'div',
      'chm-bar',
      metrics,
      this.legend,
      granularities,
      this.regex,
      this.aggregates,
      table,
      this.whatIf.toggle,
      hint
    );
  }

  private showLegend(): void {
    const { labels } = heatmapMetric(this.sampling ? 'probability' : this.metric);
    const entries = [...labels, 'unknown'].flatMap((label, bin) => {
      const pieces = this.views.reduce((sum, view) => sum + (view.counts[bin] ?? 0), 0);
      const size = element('small', '', `  ${count(pieces)}`);
      return bin === UNKNOWN_BIN && !pieces
        ? []
        : [element('span', `chm-legend chm-bin${bin}`, label, size)];
    });
    this.legend.replaceChildren(...entries);
  }

  private setMetric(name: MetricName): void {
    this.metric = name;
    this.controls.metrics.value = name;
    this.controls.metrics.title = describeMetric(name);
    this.repaint();
    this.say(`painted by ${name}`);
  }

  private setGranularity(by: Granularity): void {
    this.granularity = by;
    this.controls.granularities.value = by;
    this.repaint();
    this.say(`by ${by}`);
  }

  private setPattern(source: string): void {
    try {
      this.pattern = source ? typedPattern(source) : null;
    } catch (error) {
      this.say((error as Error).message, true);
      return;
    }
    this.repaint();
    this.showSelection(false);
  }

  private toggleTable(): void {
    this.tableOf = this.tableOf ? null : (this.selected?.view ?? this.views[0] ?? null);
    this.filter = null;
    this.showTable();
    this.say(this.tableOf ? 'table shown' : 'table hidden');
  }

  /** Show the table with the rows of the selected token alone, or with all of them again. */
  private filterTable(): void {
    const { view, to } = this.selected ?? {};
    const text = to === undefined ? undefined : view?.answer.piece(to).text;
    if (!view || text === undefined) {
      this.say('no token selected', true);
      return;
    }
    const isFiltered = this.tableOf === view && this.filter === text;
    this.tableOf = view;
    this.filter = isFiltered ? null : text;
    this.showTable();
    this.say(isFiltered ? 'table of all tokens' : `table of “${tokenName(text)}”`, true);
  }

  private showTable(): void {
    const { tableOf, filter } = this;
    this.tableFrame.replaceChildren(
      ...(tableOf ? [new TokenTable(tableOf.answer, tableOf.title, filter).node] : [])
    );
  }

  /** Select from one piece to another, extended to whole segments of the granularity. */
  private select(view: TokenView, from: number, to: number, scroll = false): void {
    if (this.selected && this.selected.view !== view) {
      this.clear();
    }
    this.selected = { view, from, to };
    for (const { text } of this.views) {
      text.node.tabIndex = text === view.text ? 0 : -1;
    }
    if (this.tableOf && this.tableOf !== view) {
      this.tableOf = view;
      this.filter = null;
      this.showTable();
    }
    this.showSelection(scroll);
  }

  private showSelection(scroll: boolean): void {
    const { view, from, to } = this.selected ?? {};
    if (!view || from === undefined || to === undefined) {
      return;
    }
    const [first, last] = this.extended(view, Math.min(from, to), Math.max(from, to));
    view.text.select(first, last, to, scroll);
    view.strip.mark([first, last]);
    this.placeDetails(view);
    if (!this.isPinned) {
      const isField = this.granularity === 'field';
      const field = view.segments?.find(
        segment => isField && segment.first === first && segment.last === last
      );
      this.details.show(view.answer, first, last, field?.name);
    }
    this.details.reveal(view.text.node);
    this.say(
      first === last ? describePiece(view.answer, to) : `${last - first + 1} tokens selected`
    );
  }

  /** Where columns are below each other, the details stand below the tokens that they are of. */
  private placeDetails(view: TokenView): void {
    const width = this.stage?.clientWidth ?? 0;
    const isStacked = width > 0 && width <= STACKED_WIDTH;
    const host = isStacked ? view.text.node.parentElement : this.stage;
    if (host && this.details.node.parentElement !== host) {
      host.append(this.details.node);
    }
  }

  private extended(view: TokenView, first: number, last: number): [number, number] {
    const touched =
      view.segments?.filter(segment => segment.last >= first && segment.first <= last) ?? [];
    return [
      Math.min(first, ...touched.map(segment => segment.first)),
      Math.max(last, ...touched.map(segment => segment.last))
    ];
  }

  private clear(): void {
    this.selected?.view.text.clear();
    this.selected?.view.strip.mark(null);
    this.selected = null;
  }

  private onFocus(view: TokenView): void {
    if (!this.selected && view.answer.pieces.length && view.text.node.matches(':focus-visible')) {
      this.select(view, 0, 0);
    }
  }

  private onClick(view: TokenView, event: MouseEvent): void {
    const byHand = view.text.selectedByHand();
    const piece = view.text.pieceOf(event.target);
    if (byHand && !event.shiftKey) {
      this.select(view, ...byHand);
    } else if (piece !== null) {
      const isMore = event.shiftKey && this.selected?.view === view;
      this.select(view, isMore ? (this.selected?.from ?? piece) : piece, piece);
      if (isMore) {
        selectionAt(view.text.node)?.removeAllRanges();
      }
    }
    view.text.node.focus({ preventScroll: true });
  }

  /** Move the cursor; all other keys work in the whole result. */
  private onKey(view: TokenView, event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    const moved = this.moved(view, event.key, this.cursorIn(view));
    if (moved !== null) {
      const anchor = event.shiftKey && this.selected ? this.selected.from : moved;
      this.select(view, anchor, moved, true);
    } else if (event.key === 'Enter') {
      this.setPinned(!this.isPinned);
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  private cursorIn(view: TokenView): number {
    return this.selected?.view === view ? this.selected.to : 0;
  }

  private moved(view: TokenView, key: string, cursor: number): number | null {
    const last = view.answer.pieces.length - 1;
    switch (key) {
      case 'ArrowRight':
        return Math.min(last, this.nextSegment(view, cursor, 1));
      case 'ArrowLeft':
        return Math.max(0, this.nextSegment(view, cursor, -1));
      case 'ArrowDown':
        return view.text.onNextLine(cursor, 1);
      case 'ArrowUp':
        return view.text.onNextLine(cursor, -1);
      case 'Home':
        return 0;
      case 'End':
        return last;
      default:
        return null;
    }
  }

  private stepToUnsure(view: TokenView, step: 1 | -1): void {
    const before = step > 0 ? -1 : view.answer.pieces.length;
    const cursor = this.selected?.view === view ? this.selected.to : before;
    const next = this.nextUnsure(view.answer, cursor, step);
    if (next !== null) {
      this.goTo(view.answer, next);
    } else {
      view.text.node.focus({ preventScroll: true });
      this.say(`no unsure token ${step > 0 ? 'after' : 'before'} this one`, true);
    }
  }

  private nextSegment(view: TokenView, cursor: number, step: 1 | -1): number {
    const [first, last] = this.extended(view, cursor, cursor);
    return step > 0 ? last + 1 : first - 1;
  }

  private nextUnsure({ pieces }: Answer, cursor: number, step: 1 | -1): number | null {
    for (let index = cursor + step; pieces[index]; index += step) {
      if (!pieces[index]?.isUncounted && (pieces[index]?.prob ?? 0) < UNSURE) {
        return index;
      }
    }
    return null;
  }

  private get shown(): TokenView[] {
    return this.views.filter(({ text }) => text.node.isConnected);
  }

  /** Do what a key stands for, wherever the focus is in the result; false if it stands for nothing. */
  act(key: string): boolean {
    const view = this.selected?.view ?? this.shown[0];
    if (!view) {
      return false;
    }
    switch (key) {
      case 'n':
      case 'p':
        this.stepToUnsure(view, key === 'n' ? 1 : -1);
        return true;
      case 'a':
        if (!this.details.focusAlternatives()) {
          this.say('no alternatives here', true);
        }
        return true;
      case 'Escape':
        return this.stepBack(view);
      case 'g':
        this.setGranularity(nextItem(GRANULARITIES, this.granularity));
        this.showSelection(false);
        return true;
      case 'm':
        this.setMetric(nextItem(HEATMAP_METRICS, heatmapMetric(this.metric)).name);
        return true;
      case 'r':
        this.setGranularity('regex');
        this.regex.focus();
        return true;
      case 't':
        this.toggleTable();
        return true;
      case 'f':
        this.filterTable();
        return true;
      case 'c':
        this.goTo(nextItem(this.shown, view).answer, 0);
        return true;
      default:
        return false;
    }
  }

  /** Go from a field or the alternatives to the tokens, else select nothing; false if nothing was. */
  private stepBack(view: TokenView): boolean {
    const focused = focusedAt(this.node);
    const isField = focused instanceof HTMLInputElement && this.node.contains(focused);
    if (isField || (this.selected && this.details.node.contains(focused))) {
      view.text.node.focus({ preventScroll: true });
      return true;
    }
    if (!this.selected) {
      return false;
    }
    this.close();
    return true;
  }

  /** Select nothing, with the focus on the tokens. */
  private close(): void {
    this.selected?.view.text.node.focus({ preventScroll: true });
    this.setPinned(false);
    this.clear();
    this.details.showHint();
  }

  private setPinned(isPinned: boolean): void {
    this.isPinned = isPinned;
    this.details.node.classList.toggle('chm-pinned', isPinned);
    this.showSelection(false);
    this.say(isPinned ? 'pinned' : 'not pinned');
  }

  private say(message: string, isVisible = false): void {
    this.live.textContent = message;
    this.note.textContent = isVisible ? message : this.permanentNote;
  }

  readonly node: HTMLElement;
  readonly details: TokenDetails;
  private stage: HTMLElement | null = null;
  private readonly observer = new ResizeObserver(() => {
    if (this.selected) {
      this.placeDetails(this.selected.view);
    }
  });
  private readonly views: TokenView[] = [];
  private readonly live = element('div', 'chm-visually-hidden');
  private readonly note = element('div', 'chm-note');
  private readonly legend = element('span', 'chm-legends');
  private readonly tableFrame = element('div');
  private tableOf: TokenView | null = null;
  /** The text of the tokens that the table is of; null for all. */
  private filter: string | null = null;
  private readonly bar: HTMLElement;
  private aggregates!: HTMLSelectElement;
  private readonly regex = element('input', 'chm-select');
  private pattern: RegExp | null = null;
  private controls!: { metrics: HTMLSelectElement; granularities: HTMLSelectElement };
  private readonly whatIf = new WhatIfBar(sampling => this.setSampling(sampling));
  /** Other settings to paint the tokens under; null for those that were reported. */
  private sampling: Sampling | null = null;
  private metric: MetricName = 'probability';
  private granularity: Granularity = 'token';
  private aggregate: Aggregate = 'least sure';
  private selected: { view: TokenView; from: number; to: number } | null = null;
  private permanentNote = '';
  private isPinned = false;
  private isStarted = false;
  private isDisposed = false;
}

/** Say what the tokens are painted by. */
function describeMetric(name: MetricName): string {
  const meaning = meaningOf(name);
  return meaning ? `${capitalized(name)} (m: next metric). ${meaning}` : 'metric (m: next)';
}

/** Describe a piece for screen readers. */
function describePiece(answer: Answer, piece: number): string {
  const { start, text, prob } = answer.piece(piece);
  const { rank } = answer.metrics(start);
  const probability =
    prob === null ? answer.token(start).status : percent(prob).replace('%', ' percent');
  return [
    `token ${start + 1}`,
    `“${tokenName(text)}”`,
    probability,
    ...(rank === null ? [] : [`rank ${rank}`])
  ].join(', ');
}
