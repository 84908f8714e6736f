/** A grid of runs as small multiples: each cell the place where its answer parts, and a figure. */

import type { ComparedAnswer, Comparison } from '../../comparison';
import { layOutGrid, type Grid } from '../../runGrid';
import { element, select } from '../dom';
import { exactText } from '../exactText';
import { excerpt } from './excerpt';
import { availableMetrics, type AnswerMetric } from './answerMetrics';

export class RunMatrix {
  constructor(
    private readonly comparison: Comparison,
    private readonly onOpen: (result: number, from: HTMLElement) => void
  ) {
    this.metrics = availableMetrics(comparison);
    this.grid = layOutGrid(comparison.axes);
    this.answers = comparison.results.map(() => []);
    comparison.answers.forEach(answer => this.answers[answer.result].push(answer));
    const table = element('table', 'chm-matrix', this.head(), this.body());
    table.style.setProperty('--chm-across', String(this.grid.across.titles.length));
    table.addEventListener('keydown', event => this.onKey(event));
    this.node = element('div', 'chm-matrix-frame', this.chooser(), table);
    this.shade();
  }

  private chooser(): HTMLElement | null {
    if (!this.metrics.length) {
      return null;
    }
    const names = this.metrics.map(({ name }) => name);
    const start = names.includes('perplexity') ? 'perplexity' : names[0];
    this.shown = this.metrics.find(({ name }) => name === start) ?? null;
    const chosen = select('figure in the cells', names, start, name => {
      this.shown = this.metrics.find(figure => figure.name === name) ?? null;
      this.shade();
    });
    return element('label', 'chm-bar', 'in the cells', chosen, this.scale);
  }

  private head(): HTMLElement {
    const { down, across } = this.grid;
    const corner = down.map(({ name }) => heading(name, 'col', 'chm-axis'));
    const titles = across.titles.map(title => heading(title, 'col'));
    const names = element('tr', '', ...down.map(() => element('td', 'chm-corner')));
    const name = heading(across.name, 'col', 'chm-axis');
    name.colSpan = across.titles.length;
    names.append(name);
    return element('thead', '', names, element('tr', '', ...corner, ...titles));
  }

  private body(): HTMLElement {
    return element(
      'tbody',
      '',
      ...this.grid.rows.map(({ titles, results }) =>
        element(
          'tr',
          '',
          ...titles.map(title => heading(title, 'row')),
          ...results.map(result => element('td', '', this.cell(result, titles)))
        )
      )
    );
  }

  private cell(result: number, titles: readonly string[]): HTMLElement {
    const own = this.answers[result];
    const { error, coordinates } = this.comparison.results[result].result;
    const figure = element('span', 'chm-cell-number');
    const cell = element(
      'button',
      'chm-cell',
      ...(own.length ? [excerpt(own[0], 'chm-excerpt')] : []),
      ...(error ? [exactText('span', 'chm-warning', error)] : []),
      own.length + Number(Boolean(error)) ? null : element('span', 'chm-hint', 'no answer'),
      figure
    );
    cell.type = 'button';
    cell.title = 'Show the whole result';
    cell.setAttribute('aria-expanded', 'false');
    const where = (coordinates ?? []).map(({ name, title }) => `${name} ${title}`).join(', ');
    cell.setAttribute(
      'aria-label',
      `${where || titles.join(', ')}: ${own[0]?.text ?? error ?? ''}`
    );
    cell.addEventListener('click', () => this.onOpen(result, cell));
    this.cells.push({ result, cell, figure, own });
    return cell;
  }

  /** Write the chosen figure into each cell, with a bar as long as it is large. */
  private shade(): void {
    const { shown } = this;
    if (!shown) {
      return;
    }
    const values = this.cells.map(({ own }) => (own.length ? shown.value(own[0]) : null));
    const most = Math.max(...values.map(value => Math.abs(value ?? 0))) || 1;
    this.cells.forEach(({ cell, figure, own }, place) => {
      const value = values[place];
      const words = value === null ? [] : [shown.write(value)];
      figure.textContent = [...words, ...this.likeness(own)].join(' · ');
      cell.style.setProperty('--chm-share', String(Math.abs(value ?? 0) / most));
    });
    this.scale.textContent = shown.title;
  }

  /** Say how many answers are like the one that is shown, here and elsewhere. */
  private likeness(own: readonly ComparedAnswer[]): string[] {
    const different = new Set(own.map(({ text }) => text)).size;
    const group = this.comparison.groups.find(places => places.includes(own[0]?.place));
    return [
      ...(own.length > 1 ? [`${own.length} choices, ${different} different`] : []),
      ...(group && group.length > 1 ? [`this text ×${group.length}`] : [])
    ];
  }

  private onKey(event: KeyboardEvent): void {
    const width = this.grid.across.titles.length;
    const place = this.cells.findIndex(({ cell }) => cell === event.target);
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: width, ArrowUp: -width }[event.key];
    if (step && place >= 0) {
      this.cells[place + step]?.cell.focus();
      event.preventDefault();
      event.stopPropagation();
    }
  }

  readonly node: HTMLElement;
  private readonly grid: Grid;
  /** By result. */
  private readonly answers: ComparedAnswer[][];
  private readonly metrics: AnswerMetric[];
  private readonly scale = element('span', 'chm-hint');
  private shown: AnswerMetric | null = null;
  private readonly cells: {
    result: number;
    cell: HTMLButtonElement;
    figure: HTMLElement;
    own: ComparedAnswer[];
  }[] = [];
}

function heading(text: string, scope: string, className = ''): HTMLTableCellElement {
  const node = exactText('th', className, text);
  node.setAttribute('scope', scope);
  return node;
}
