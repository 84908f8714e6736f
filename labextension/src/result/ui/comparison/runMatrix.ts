/** A grid of runs: each cell with the text around its first difference and a metric. */

import type { ComparedAnswer, Comparison } from '../../comparison';
import { layOutGrid, type RunGrid } from '../../runGrid';
import { itemAt } from '../../indexing';
import { drawMarks } from '../checksView';
import { isAbnormal } from '../choiceView';
import { element, select } from '../dom';
import { exactText } from '../exactText';
import { excerpt } from './excerpt';
import { availableMetrics, metricText, type AnswerMetric } from './answerMetrics';

export class RunMatrix {
  constructor(
    private readonly comparison: Comparison,
    private readonly onOpen: (result: number, from: HTMLElement) => void
  ) {
    this.metrics = availableMetrics(comparison);
    this.grid = layOutGrid(comparison.axes);
    this.answers = comparison.results.map(() => []);
    comparison.answers.forEach(answer => itemAt(this.answers, answer.result).push(answer));
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
    const start = names.find(name => name === 'perplexity') ?? itemAt(names, 0);
    this.shown = this.metrics.find(({ name }) => name === start) ?? null;
    const selected = select('metric in the cells', names, start, name => {
      this.shown = this.metrics.find(metric => metric.name === name) ?? null;
      this.shade();
    });
    return element('label', 'chm-bar', 'in the cells', selected, this.scale);
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
    const answers = itemAt(this.answers, result);
    const [first] = answers;
    const { error, coordinates } = itemAt(this.comparison.results, result).result;
    const number = element('span', 'chm-cell-number');
    const marks = drawMarks(answers.map(({ answer }) => answer.choice));
    const cell = element(
      'button',
      'chm-cell',
      marks,
      ...(first ? [excerpt(first, 'chm-excerpt')] : []),
      ...(error ? [exactText('span', 'chm-warning', error)] : []),
      first || error ? null : element('span', 'chm-hint', 'no answer'),
      number
    );
    cell.type = 'button';
    cell.title = 'Show the whole result';
    cell.setAttribute('aria-expanded', 'false');
    const where = coordinates.map(({ name, title }) => `${name} ${title}`).join(', ');
    const said = [marks?.title, first?.text ?? error ?? ''].filter(Boolean).join(', ');
    cell.setAttribute('aria-label', `${where || titles.join(', ')}: ${said}`);
    cell.addEventListener('click', () => this.onOpen(result, cell));
    this.cells.push({ cell, number, answers });
    return cell;
  }

  /** Write the selected metric into each cell, with a bar in proportion. */
  private shade(): void {
    const { shown } = this;
    if (!shown) {
      return;
    }
    const values = this.cells.map(({ answers: [first] }) => (first ? shown.value(first) : null));
    const largest = Math.max(...values.map(value => Math.abs(value ?? 0))) || 1;
    this.cells.forEach(({ cell, number, answers }, index) => {
      const value = values[index] ?? null;
      const text = answers[0] && value !== null ? [metricText(shown, answers[0])] : [];
      number.textContent = [...text, ...this.describeCounts(answers)].join(' · ');
      cell.style.setProperty('--chm-share', String(Math.abs(value ?? 0) / largest));
    });
    this.scale.textContent = shown.title;
  }

  /** Say how many answers are identical to the one that is shown, here and elsewhere. */
  private describeCounts(answers: readonly ComparedAnswer[]): string[] {
    const distinct = new Set(answers.map(({ text }) => text)).size;
    const [first] = answers;
    const group = this.comparison.groups.find(members => first && members.includes(first.index));
    const abnormal = answers.flatMap(({ answer }) => answer.choice.facts.filter(isAbnormal));
    return [
      ...new Set(abnormal),
      ...(answers.length > 1 ? [`${answers.length} choices, ${distinct} distinct`] : []),
      ...(group && group.length > 1 ? [`this text ×${group.length}`] : [])
    ];
  }

  private onKey(event: KeyboardEvent): void {
    const width = this.grid.across.titles.length;
    const index = this.cells.findIndex(({ cell }) => cell === event.target);
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: width, ArrowUp: -width }[event.key];
    if (step && index >= 0) {
      this.cells[index + step]?.cell.focus();
      event.preventDefault();
      event.stopPropagation();
    }
  }

  readonly node: HTMLElement;
  private readonly grid: RunGrid;
  /** By result. */
  private readonly answers: ComparedAnswer[][];
  private readonly metrics: AnswerMetric[];
  private readonly scale = element('span', 'chm-hint');
  private shown: AnswerMetric | null = null;
  private readonly cells: {
    cell: HTMLButtonElement;
    number: HTMLElement;
    answers: ComparedAnswer[];
  }[] = [];
}

function heading(text: string, scope: string, className = ''): HTMLTableCellElement {
  const node = exactText('th', className, text);
  node.setAttribute('scope', scope);
  return node;
}
