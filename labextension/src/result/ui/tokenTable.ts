/** The tokens as a table, some rows at a time: all, or those of one text. */

import type { Answer } from '../answer';
import { interval, percent, tokenName } from '../tokenFormat';
import { bits } from '../tokenMetrics';
import { button, element } from './dom';
import { exactText } from './exactText';
import { termNodes } from './terms';

const ROWS_AT_ONCE = 200;
const ALTERNATIVES_SHOWN = 3;
const TITLES = ['', 'token', 'probability', 'bits', 'rank', 'entropy, bits', 'alternatives'];

export class TokenTable {
  constructor(
    private readonly answer: Answer,
    title: string,
    only: string | null = null
  ) {
    const all = Array.from(answer.pieces.keys());
    this.rows = only === null ? all : all.filter(index => answer.piece(index).text === only);
    const head = element('tr', '', ...TITLES.map(title => element('th', '', ...termNodes(title))));
    head.childNodes.forEach(cell => (cell as HTMLElement).setAttribute('scope', 'col'));
    const table = element('table', 'chm-table', element('thead', '', head), this.body);
    table.prepend(element('caption', 'chm-visually-hidden', `tokens of ${title}`));
    this.more = button('More rows', 'Show the next rows', () => this.addRows());
    this.node = element('div', 'chm-table-frame', table, this.more);
    this.addRows();
  }

  private addRows(): void {
    const next = this.rows.splice(0, ROWS_AT_ONCE);
    this.body.append(...next.map(index => this.row(index)));
    this.more.hidden = !this.rows.length;
  }

  private row(index: number): HTMLElement {
    const { text, prob, start } = this.answer.piece(index);
    const { status } = this.answer.token(start);
    const { rank, entropy } = this.answer.metrics(start);
    const metrics = [
      prob === null ? status : percent(prob),
      prob === null ? '' : bits(Math.log(prob)).toFixed(2),
      rank === null ? '' : String(rank),
      entropy === null ? '' : interval(entropy)
    ];
    return element(
      'tr',
      '',
      element('td', 'chm-muted', String(start + 1)),
      exactText('td', 'chm-mono', tokenName(text)),
      ...metrics.map(figure => element('td', 'chm-number', figure)),
      exactText('td', 'chm-mono', this.others(start))
    );
  }

  private others(index: number): string {
    return this.answer
      .alternatives(index)
      .filter(entry => !entry.isChosen && entry.logprob !== null)
      .slice(0, ALTERNATIVES_SHOWN)
      .map(
        entry =>
          `${tokenName(this.answer.vocabulary.text(entry.id), 20)} ${percent(Math.exp(entry.logprob ?? 0))}`
      )
      .join('   ');
  }

  readonly node: HTMLElement;
  private readonly body = element('tbody');
  private readonly more: HTMLButtonElement;
  /** Indexes of the pieces that are not shown yet. */
  private readonly rows: number[];
}
