/** All answers as a table that sorts; a row opens its answer. */

import type { ComparedAnswer, Comparison } from '../../comparison';
import { element } from '../dom';
import { exactText } from '../exactText';
import { excerpt } from './excerpt';
import { availableMetrics } from './answerMetrics';

interface Column {
  name: string;
  title: string;
  /** What is compared; what is not known comes last. */
  value: (answer: ComparedAnswer) => number | string | null;
  cell: (answer: ComparedAnswer) => HTMLElement;
}

export class AnswerTable {
  constructor(
    private readonly comparison: Comparison,
    private readonly onOpen: (answer: number, from: HTMLElement) => void
  ) {
    this.columns = this.columnsOf();
    this.headings = this.columns.map((column, place) => this.heading(column, place));
    const table = element(
      'table',
      'chm-table',
      element('caption', 'chm-visually-hidden', 'the answers and their figures'),
      element('thead', '', element('tr', '', ...this.headings)),
      this.body
    );
    this.node = element('div', 'chm-table-frame chm-answers', table);
    this.rows = comparison.answers.map(answer => ({ answer, row: this.row(answer) }));
    this.draw();
  }

  private columnsOf(): Column[] {
    const { comparison } = this;
    const { answers, groups } = comparison;
    const counts = new Map(groups.flatMap(group => group.map(place => [place, group.length])));
    const equal = (answer: ComparedAnswer): number => counts.get(answer.place) ?? 1;
    const metrics = availableMetrics(comparison).map(({ name, title, value, write }): Column => {
      const words = (answer: ComparedAnswer): string => {
        const found = value(answer);
        return found === null ? '' : write(found);
      };
      return { name, title, value, cell: answer => element('td', 'chm-number', words(answer)) };
    });
    return [
      {
        name: answers.some(({ title }) => !/^\d+$/.test(title)) ? 'run' : 'choice',
        title: 'in the order in which they came',
        value: ({ place }) => place,
        cell: () => element('th', 'chm-row-title')
      },
      {
        name: '×',
        title: 'answers with this very text',
        value: equal,
        cell: answer => element('td', 'chm-number', equal(answer) > 1 ? `×${equal(answer)}` : '')
      },
      {
        name: 'answer',
        title: 'from where the answers part',
        value: ({ text }) => text,
        cell: answer => element('td', 'chm-answer', excerpt(answer, 'chm-excerpt'))
      },
      {
        name: 'finish',
        title: 'why the answer ended',
        value: ({ answer }) => answer.choice.finish_reason,
        cell: ({ answer }) => exactText('td', '', answer.choice.finish_reason ?? '')
      },
      ...metrics
    ];
  }

  private heading({ name, title }: Column, place: number): HTMLElement {
    const sort = element('button', 'chm-sort', name);
    sort.type = 'button';
    sort.title = `Sort: ${title}`;
    sort.addEventListener('click', () => this.sortBy(place));
    const cell = element('th', '', sort);
    cell.setAttribute('scope', 'col');
    return cell;
  }

  private row(answer: ComparedAnswer): HTMLElement {
    const cells = this.columns.map(column => column.cell(answer));
    cells[0].setAttribute('scope', 'row');
    const open = exactText('button', 'chm-link', answer.title);
    open.type = 'button';
    open.title = 'Show this answer';
    cells[0].replaceChildren(open);
    const row = element('tr', 'chm-row', ...cells);
    row.addEventListener('click', () => this.onOpen(answer.place, open));
    return row;
  }

  private sortBy(place: number): void {
    this.sort =
      this.sort.column === place
        ? { column: place, sign: this.sort.sign === 1 ? -1 : 1 }
        : { column: place, sign: 1 };
    this.draw();
  }

  private draw(): void {
    const { column, sign } = this.sort;
    const { value } = this.columns[column];
    this.rows.sort((a, b) => {
      const [first, second] = [value(a.answer), value(b.answer)];
      if (first === null || second === null) {
        return Number(first === null) - Number(second === null);
      }
      const isText = typeof first === 'string' && typeof second === 'string';
      return sign * (isText ? first.localeCompare(second) : Number(first) - Number(second));
    });
    this.body.replaceChildren(...this.rows.map(({ row }) => row));
    this.headings.forEach((cell, place) =>
      cell.setAttribute(
        'aria-sort',
        place !== column ? 'none' : sign === 1 ? 'ascending' : 'descending'
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
