/** The one panel that says all about a token, or sums up a range of them. */

import type { Answer } from '../answer';
import { branchAt, writeCell } from '../nextCell';
import { codePoint, hex, interval, percent, tinyPercent, tokenName } from '../tokenFormat';
import {
  bits,
  sumMetrics,
  VOCABULARY_SIZE,
  type Alternative,
  type TokenMetrics
} from '../tokenMetrics';
import { button, copy, element, newId, type Child } from './dom';
import { exactText } from './exactText';

const MOST_BYTES = 24;

/** Puts a cell below; says in words what became of it. */
export type InsertCell = (text: string) => Promise<string>;

export class TokenDetails {
  constructor(
    private readonly insertCell: InsertCell,
    private readonly say: (words: string) => void
  ) {
    this.node = element('aside', 'chm-token-details');
    this.node.setAttribute('aria-label', 'token');
    this.list.setAttribute('role', 'listbox');
    this.list.setAttribute('aria-label', 'what could have come');
    this.list.addEventListener('keydown', event => this.onKey(event));
    this.list.addEventListener('click', event => this.onClick(event));
    this.showNothing();
  }

  /** Say how to begin. */
  showNothing(): void {
    const hint = 'Click a token, or press Tab and use the arrow keys.';
    this.node.replaceChildren(element('p', 'chm-hint', hint));
  }

  /** Show the pieces from one to another, under a name if they have one. */
  show(answer: Answer, first: number, last: number, name = ''): void {
    const [start, end] = [answer.pieces[first].start, answer.pieces[last].end];
    if (first === last) {
      this.showPiece(answer, first, start, end);
    } else {
      this.node.replaceChildren(
        ...this.range(answer, first, last, start, end, name).filter(child => child !== null)
      );
    }
  }

  /** Move the focus to the alternatives, if there are any. */
  focusAlternatives(): boolean {
    const isThere = this.list.isConnected && this.rows.length > 0;
    if (isThere) {
      this.list.focus();
      this.mark(Math.max(0, this.focusedRow));
    }
    return isThere;
  }

  private showPiece(answer: Answer, piece: number, start: number, end: number): void {
    const least = leastSure(answer, start, end);
    this.place = { answer, token: least };
    const metricsAt = answer.metricsAt(least);
    const { text } = answer.pieces[piece];
    this.node.replaceChildren(
      exactText('h5', 'chm-token-name', tokenName(text)),
      element('p', 'chm-facts', ...facts(answer, start, least, metricsAt)),
      element('p', 'chm-facts chm-mono', describeBytes(answer, start, end)),
      ...(end - start > 1 ? [this.fragments(answer, start, end)] : []),
      ...this.alternatives(answer, least, metricsAt),
      this.actions(text)
    );
  }

  private fragments(answer: Answer, start: number, end: number): HTMLElement {
    const rows = answer.tokens.slice(start, end).map((token, place) => {
      const prob = token.logprob === null ? token.status : percent(Math.exp(token.logprob));
      const own = hex(answer.vocabulary.bytes(token.id));
      return element('li', '', `token ${start + place + 1}: ${own}, ${prob}`);
    });
    return element('ul', 'chm-fragments', ...rows);
  }

  private alternatives(answer: Answer, place: number, metricsAt: TokenMetrics): HTMLElement[] {
    this.rows = [];
    this.entries = [];
    const entries = answer.alternatives(place);
    if (!entries.length) {
      const why = answer.result.alternatives
        ? 'none came for this token'
        : noAlternativesReason(answer);
      return [element('p', 'chm-hint', why)];
    }
    let sum = 0;
    const most = Math.max(
      ...entries.map(entry => Math.exp(entry.logprob ?? -Infinity)),
      metricsAt.residual ?? 0
    );
    this.rows = entries.map(entry => {
      const prob = entry.logprob === null ? null : Math.exp(entry.logprob);
      sum += prob ?? 0;
      return this.row(answer, entry, prob, sum, most);
    });
    this.entries = entries;
    this.focusedRow = -1;
    this.list.tabIndex = 0;
    this.list.replaceChildren(...this.rows);
    this.list.removeAttribute('aria-activedescendant');
    return [header(), this.list, residualRow(entries.length, metricsAt, most)];
  }

  private row(
    answer: Answer,
    entry: Alternative,
    prob: number | null,
    sum: number,
    most: number
  ): HTMLElement {
    const name = exactText('span', 'chm-alt-name', tokenName(answer.vocabulary.text(entry.id), 28));
    const bar = element('span', 'chm-alt-bar');
    bar.style.setProperty('--chm-share', String(prob === null ? 0 : prob / most));
    const row = element(
      'div',
      'chm-alt',
      element('span', 'chm-alt-mark', entry.isChosen ? '▸' : ''),
      name,
      bar,
      element('span', 'chm-alt-number', prob === null ? entry.status : percent(prob)),
      element(
        'span',
        'chm-alt-number chm-muted',
        entry.logprob === null ? '' : entry.logprob.toFixed(2)
      ),
      element(
        'span',
        'chm-alt-number chm-muted',
        entry.isExtra || prob === null ? '' : percent(Math.min(1, sum))
      )
    );
    row.id = newId();
    row.setAttribute('role', 'option');
    row.setAttribute('aria-selected', 'false');
    row.classList.toggle('chm-chosen', entry.isChosen);
    row.classList.toggle('chm-forbidden', entry.status === 'masked' || (entry.logprob ?? 0) <= -50);
    return row;
  }

  private actions(text: string): HTMLElement {
    this.updateBranch();
    const act = async (): Promise<void> =>
      this.say((await copy(text)) ? 'copied' : 'the browser did not allow it');
    return element(
      'div',
      'chm-actions',
      ...(this.rows.length ? [this.branch] : []),
      button('Copy', 'Copy the token’s text', () => void act()),
      this.why
    );
  }

  private range(
    answer: Answer,
    first: number,
    last: number,
    start: number,
    end: number,
    name: string
  ): Child[] {
    this.rows = [];
    const text = answer.pieces
      .slice(first, last + 1)
      .map(piece => piece.text)
      .join('');
    const bytes = answer.bytes(start, end).length;
    const sums = sumMetrics(
      answer.tokens.slice(start, end).map(token => token.logprob),
      bytes
    );
    const facts: [string, string][] = [
      ['joint probability', tinyPercent(sums.joint)],
      ['sum of log probabilities', `${sums.joint.toFixed(3)} nats`],
      ['mean', `${(sums.joint / Math.max(1, sums.measured)).toFixed(3)} nats a token`],
      ['perplexity', Math.exp(-sums.joint / Math.max(1, sums.measured)).toFixed(2)],
      ['least sure', percent(sums.least)],
      ['bits per byte', sums.bitsPerByte === null ? '–' : sums.bitsPerByte.toFixed(3)]
    ];
    const unmeasured = sums.tokens - sums.measured;
    const act = async (): Promise<void> =>
      this.say((await copy(text)) ? 'copied' : 'the browser did not allow it');
    return [
      exactText('h5', 'chm-token-name', tokenName(text, 60)),
      name ? exactText('p', 'chm-facts chm-mono', name) : null,
      element(
        'p',
        'chm-facts',
        `tokens ${start + 1}–${end} · ${sums.tokens} tokens · ${bytes} bytes`
      ),
      unmeasured ? element('p', 'chm-facts', `${unmeasured} without a measurement`) : null,
      element(
        'div',
        'chm-sums',
        ...facts.flatMap(([name, value]) => [
          element('span', 'chm-muted', name),
          element('span', 'chm-mono', value)
        ])
      ),
      element(
        'div',
        'chm-actions',
        button('Copy', 'Copy this text', () => void act())
      )
    ];
  }

  private onKey(event: KeyboardEvent): void {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      this.mark(Math.max(0, Math.min(this.rows.length - 1, this.focusedRow + step)));
    } else if (event.key === 'Enter' || event.key === ' ') {
      void this.insert();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  private onClick(event: MouseEvent): void {
    const row = (event.target as Element).closest<HTMLElement>('.chm-alt');
    if (row) {
      this.mark(this.rows.indexOf(row));
    }
  }

  private mark(row: number): void {
    this.rows.forEach((each, place) => each.setAttribute('aria-selected', String(place === row)));
    this.list.setAttribute('aria-activedescendant', this.rows[row].id);
    this.focusedRow = row;
    this.updateBranch();
  }

  /** Without a mark, the likeliest token that did not come. */
  private get target(): Alternative | undefined {
    return this.entries[this.focusedRow] ?? this.entries.find(entry => !entry.isChosen);
  }

  private updateBranch(): void {
    const { target, place } = this;
    this.branch.hidden = !target;
    if (!target || !place) {
      return;
    }
    const text = place.answer.vocabulary.text(target.id);
    const found = branchAt(place.answer, place.token, target.id);
    this.branch.textContent = `Branch from “${tokenName(text, 16)}”`;
    this.branch.disabled = 'reason' in found;
    this.why.textContent = 'reason' in found ? found.reason : '';
    this.branch.title =
      'reason' in found
        ? `Not possible: ${found.reason}`
        : 'Write a cell below that goes on from here with this token (needs a server that goes on from an assistant message)';
  }

  private async insert(): Promise<void> {
    const { target, place } = this;
    if (!target || !place) {
      return;
    }
    const found = branchAt(place.answer, place.token, target.id);
    if ('reason' in found) {
      this.say(`not possible: ${found.reason}`);
      return;
    }
    const { model, request } = place.answer.result;
    this.say(await this.insertCell(writeCell({ model, request, prefill: found.prefill })));
  }

  readonly node: HTMLElement;
  private readonly list = element('div', 'chm-alts');
  private readonly branch = button('Branch', '', () => void this.insert());
  private readonly why = element('span', 'chm-hint');
  private rows: HTMLElement[] = [];
  private entries: Alternative[] = [];
  private focusedRow = -1;
  private place: { answer: Answer; token: number } | null = null;
}

function noAlternativesReason({ result }: Answer): string {
  const cut = result.alternatives_left_out;
  return cut
    ? `${cut.toLocaleString('en')} alternatives are too many for a notebook; the result in the kernel has them`
    : 'no alternatives: ask for them with --top-logprobs';
}

function leastSure(answer: Answer, start: number, end: number): number {
  let least = start;
  for (let place = start + 1; place < end; place += 1) {
    if ((answer.tokens[place].logprob ?? -Infinity) < (answer.tokens[least].logprob ?? -Infinity)) {
      least = place;
    }
  }
  return least;
}

function facts(answer: Answer, start: number, place: number, metricsAt: TokenMetrics): string[] {
  const { logprob, status, wait } = answer.tokens[place];
  const known =
    logprob === null ? [status] : [percent(Math.exp(logprob)), `${bits(logprob).toFixed(2)} bits`];
  const { rank, listed, gap, entropy } = metricsAt;
  const all = [
    `token ${start + 1}`,
    ...known,
    ...(rank !== null ? [`rank ${rank}`] : listed ? [`rank > ${listed}`] : []),
    ...(gap ? [`gap ${gap.toFixed(2)} nats`] : []),
    ...(entropy ? [`entropy ${interval(entropy)} bits`] : []),
    ...(metricsAt.isForced ? ['forced by a grammar'] : []),
    ...(wait !== null ? [`after ${wait} ms`] : [])
  ];
  return [all.join(' · ')];
}

function describeBytes(answer: Answer, start: number, end: number): string {
  const before = answer.offset(start);
  const own = answer.bytes(start, end);
  const shown = hex(own.subarray(0, MOST_BYTES)) + (own.length > MOST_BYTES ? ' …' : '');
  const text = new TextDecoder().decode(own);
  const points =
    /[^ -~]/.test(text) && Array.from(text).length <= 3
      ? ` ${Array.from(text, codePoint).join(' ')}`
      : '';
  return `bytes ${before}–${before + own.length}: ${shown}${points}`;
}

function header(): HTMLElement {
  const titles = ['', 'instead', '', '%', 'nats', 'sum'];
  return element('div', 'chm-alt chm-alt-head', ...titles.map(title => element('span', '', title)));
}

function residualRow(listed: number, { residual }: TokenMetrics, most: number): HTMLElement {
  const bar = element('span', 'chm-alt-bar');
  bar.style.setProperty('--chm-share', String((residual ?? 0) / most));
  const row = element(
    'div',
    'chm-alt chm-other',
    element('span', 'chm-alt-mark', ''),
    element('span', 'chm-alt-name', 'other'),
    bar,
    element('span', 'chm-alt-number', residual === null ? '' : percent(residual)),
    element('span'),
    element('span')
  );
  row.title = `all tokens that are not listed, about ${(VOCABULARY_SIZE - listed).toLocaleString('en')}`;
  return row;
}
