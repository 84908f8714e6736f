/** All answers as a sortable table; a row opens its answer. */

import constants from '../../../constants.json';
import type { ComparedAnswer, Comparison } from '../../comparison';
import { itemAt } from '../../indexing';
import { drawMarks } from '../checksView';
import { element } from '../dom';
import { exactText } from '../exactText';
import { excerpt } from './excerpt';
import { availableMetrics, metricText } from './answerMetrics';

interface Column {
  name: string;
  title: string;
  /** What the rows are sorted by; unknown values come last. */
  value: (answer: ComparedAnswer) => number | string | null;
  cell: (answer: ComparedAnswer) => HTMLElement;
}

export class AnswerTable {
  constructor(
    private readonly comparison: Comparison,
    private readonly onOpen: (answer: number, from: HTMLElement) => void
  ) {
    this.columns = this.columnsOf();
    this.headings = this.columns.map((column, index) => this.heading(column, index));
    const table = element(
      'table',
      'chm-table',
      element('caption', 'chm-visually-hidden', 'The answers and their metrics'),
      element('thead', '', element('tr', '', ...this.headings)),
      this.body
    );
    this.node = element('div', 'chm-table-frame chm-answers', table);
    this.rows = comparison.answers.map(answer => ({ answer, row: this.row(answer) }));
    this.draw();
  }

  private columnsOf(): Column[] {
    const { comparison } = this;
    const { groups } = comparison;
    const counts = new Map(groups.flatMap(group => group.map(index => [index, group.length])));
    const identical = (answer: ComparedAnswer): number => counts.get(answer.index) ?? 1;
    const metrics = availableMetrics(comparison).map((metric): Column => {
      const { name, title, value } = metric;
      const cell = (answer: ComparedAnswer): HTMLElement =>
        element('td', 'chm-number', metricText(metric, answer));
      return { name, title, value, cell };
    });
    return [
      {
        name: comparison.results.length > 1 ? 'run' : 'choice',
        title: 'original order',
        value: ({ index }) => index,
        cell: () => element('th', 'chm-row-title')
      },
      {
        name: '×',
        title: 'number of answers with this text',
        value: identical,
        cell: answer =>
          element('td', 'chm-number', identical(answer) > 1 ? `×${identical(answer)}` : '')
      },
      {
        name: 'answer',
        title: 'the text around the first difference',
        value: ({ text }) => text,
        cell: answer => element('td', 'chm-answer', excerpt(answer, 'chm-excerpt'))
      },
      {
        name: 'finish',
        title: 'how the answer ended',
        value: ({ answer }) => finishWords(answer.choice.finish_reason),
        cell: ({ answer }) => exactText('td', '', finishWords(answer.choice.finish_reason))
      },
      ...metrics
    ];
  }

  private heading({ name, title }: Column, index: number): HTMLElement {
    const sort = element('button', 'chm-sort', name);
    sort.type = 'button';
    sort.title = `Sort: ${title}`;
    sort.addEventListener('click', () => this.sortBy(index));
    const cell = element('th', '', sort);
    cell.setAttribute('scope', 'col');
    return cell;
  }

  private row(answer: ComparedAnswer): HTMLElement {
    const cells = this.columns.map(column => column.cell(answer));
    const head = itemAt(cells, 0);
    head.setAttribute('scope', 'row');
    const open = exactText('button', 'chm-link', answer.title);
    if (this.comparison.results.length > 1) {
      open.dataset.number = String(answer.number);
    }
    open.type = 'button';
    open.title = 'Show this answer';
    const mark = drawMarks([answer.answer.choice]);
    head.replaceChildren(...(mark ? [mark, ' '] : []), open);
    const row = element('tr', 'chm-row', ...cells);
    row.addEventListener('click', () => this.onOpen(answer.index, open));
    return row;
  }

  private sortBy(index: number): void {
    this.sort =
      this.sort.column === index
        ? { column: index, sign: this.sort.sign === 1 ? -1 : 1 }
        : { column: index, sign: 1 };
    this.draw();
  }

  private draw(): void {
    const { column, sign } = this.sort;
    const { value } = itemAt(this.columns, column);
    this.rows.sort((a, b) => {
      const [first, second] = [value(a.answer), value(b.answer)];
      if (first === null || second === null) {
        return Number(first === null) - Number(second === null);
      }
      const isText = typeof first === 'string' && typeof second === 'string';
      return sign * (isText ? first.localeCompare(second) : Number(first) - Number(second));
    });
    this.body.replaceChildren(...this.rows.map(({ row }) => row));
    this.headings.forEach((cell, index) =>
      cell.setAttribute(
        'aria-sort',
        index !== column ? 'none' : sign === 1 ? 'ascending' : 'descending'
      )
    );
  }

  readonly node: HTMLElement;
  private readonly columns: Column[];
  private readonly headings: HTMLElement[];
  private readonly body = element('tbody');
  private readonly rows: { answer: ComparedAnswer; row: HTMLElement }[];
  private sort: { column: number; sign: 1 | -1 } = { column: 0, sign: 1 };
}

/** Say how an answer ended; empty if its server did not. */
function finishWords(reason: string | null): string {
  const words: Record<string, string> = constants.finishes;
  return words[reason ?? ''] ?? reason ?? '';
}
