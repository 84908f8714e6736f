/** The panel with all about a token and its alternatives, or with the sums over a range of tokens. */

import constants from '../../constants.json';
import type { Answer } from '../answer';
import { itemAt } from '../indexing';
import { branchAt, branchPromptTokens } from '../nextCell';
import {
  codePoint,
  count,
  hex,
  interval,
  nats,
  percent,
  tinyPercent,
  tokenName
} from '../tokenFormat';
import {
  bits,
  isForbidden,
  rangeMetrics,
  type Alternative,
  type TokenMetrics
} from '../tokenMetrics';
import { button, copy, element, newId } from './dom';
import { exactText } from './exactText';
import { termNodes } from './terms';

const SHOWN_BYTES = 24;
const NAMED_CODE_POINTS = 3;

/** Inserts a cell below; returns what happened, in words. */
export type InsertCell = (text: string) => Promise<string>;

export class TokenDetails {
  constructor(
    private readonly insertCell: InsertCell,
    private readonly say: (message: string) => void,
    private readonly onClose: () => void = () => undefined,
    private readonly onFilter: () => void = () => undefined
  ) {
    this.node = element('aside', 'chm-token-details');
    this.node.setAttribute('aria-label', 'Token');
    this.list.setAttribute('role', 'listbox');
    this.list.setAttribute('aria-label', 'Alternatives');
    this.list.addEventListener('keydown', event => this.onKey(event));
    this.list.addEventListener('click', event => this.onClick(event));
    this.showHint();
  }

  /** Say how to select a token. */
  showHint(): void {
    const hint = 'Click a token, or press Tab and use the arrow keys.';
    this.node.replaceChildren(element('p', 'chm-hint', hint));
  }

  /** Show the pieces from one to another, under a name if they have one. */
  show(answer: Answer, first: number, last: number, name = ''): void {
    if (first === last) {
      this.showPiece(answer, first);
    } else {
      this.showRange(answer, first, last, name);
    }
  }

  /** Scroll the page so that it is visible where it is below the tokens. */
  reveal(tokens: HTMLElement): void {
    const isBelow = this.node.getBoundingClientRect().top >= tokens.getBoundingClientRect().bottom;
    if (isBelow) {
      this.node.scrollIntoView({ block: 'nearest' });
    }
  }

  /** Move the focus to the alternatives; false if there are none. */
  focusAlternatives(): boolean {
    const hasRows = this.list.isConnected && this.rows.length > 0;
    if (hasRows) {
      this.list.focus();
      this.selectRow(Math.max(0, this.selectedRow));
    }
    return hasRows;
  }

  private showPiece(answer: Answer, piece: number): void {
    const { text, start, end } = answer.piece(piece);
    const token = lowestToken(answer, start, end);
    this.location = { answer, token };
    const metrics = answer.metrics(token);
    this.node.replaceChildren(
      this.head(tokenName(text)),
      element('p', 'chm-facts', ...termNodes(describeToken(answer, start, token, metrics))),
      element('p', 'chm-facts chm-mono', describeBytes(answer, start, end)),
      ...(end - start > 1 ? [fragmentList(answer, start, end)] : []),
      ...this.drawAlternatives(answer, token, metrics),
      this.drawActions(text)
    );
  }

  private head(name: string): HTMLElement {
    const close = button('×', 'Close (Esc)', this.onClose, 'chm-mode');
    close.setAttribute('aria-label', 'Close');
    return element('div', 'chm-token-head', exactText('h5', 'chm-token-name', name), close);
  }

  private drawAlternatives(answer: Answer, token: number, metrics: TokenMetrics): HTMLElement[] {
    this.alternatives = answer.alternatives(token);
    this.selectedRow = -1;
    if (!this.alternatives.length) {
      this.rows = [];
      return [element('p', 'chm-hint', noAlternativesReason(answer))];
    }
    const probs = this.alternatives.map(({ logprob }) => Math.exp(logprob ?? -Infinity));
    const largest = Math.max(...probs, metrics.residual ?? 0);
    let sum = 0;
    this.rows = this.alternatives.map(alternative => {
      sum += Math.exp(alternative.logprob ?? -Infinity);
      return alternativeRow(answer, alternative, sum, largest);
    });
    this.list.tabIndex = 0;
    this.list.replaceChildren(...this.rows);
    this.list.removeAttribute('aria-activedescendant');
    return [headRow(), this.list, residualRow(this.rows.length, metrics, largest)];
  }

  private drawActions(text: string): HTMLElement {
    this.updateBranch();
    return element(
      'div',
      'chm-actions',
      ...(this.rows.length ? [this.branch] : []),
      this.copyButton('Copy token', text, 'Copy the token’s text'),
      button('Filter table', 'The token table of this token alone, or of all (f)', this.onFilter),
      this.reason
    );
  }

  private copyButton(label: string, text: string, title: string): HTMLButtonElement {
    const act = async (): Promise<void> =>
      this.say((await copy(text)) ? 'copied' : 'the browser did not allow copying');
    return button(label, title, () => void act());
  }

  private showRange(answer: Answer, first: number, last: number, name: string): void {
    this.rows = [];
    const [start, end] = [answer.piece(first).start, answer.piece(last).end];
    const text = answer.pieces
      .slice(first, last + 1)
      .map(piece => piece.text)
      .join('');
    const bytes = answer.bytes(start, end).length;
    const logprobs = answer.tokens.slice(start, end).map(({ logprob }) => logprob);
    const unmeasured = logprobs.filter(logprob => logprob === null).length;
    const size = `tokens ${start + 1}–${end} · ${end - start} tokens · ${bytes} bytes`;
    this.node.replaceChildren(
      this.head(tokenName(text, 60)),
      ...(name ? [exactText('p', 'chm-facts chm-mono', name)] : []),
      element('p', 'chm-facts', size),
      ...(unmeasured ? [element('p', 'chm-facts', `${unmeasured} not measured`)] : []),
      metricList(logprobs, bytes),
      element('div', 'chm-actions', this.copyButton('Copy tokens', text, 'Copy this text'))
    );
  }

  private onKey(event: KeyboardEvent): void {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      this.selectRow(Math.max(0, Math.min(this.rows.length - 1, this.selectedRow + step)));
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
      this.selectRow(this.rows.indexOf(row));
    }
  }

  private selectRow(selected: number): void {
    this.rows.forEach((row, index) =>
      row.setAttribute('aria-selected', String(index === selected))
    );
    this.list.setAttribute('aria-activedescendant', itemAt(this.rows, selected).id);
    this.selectedRow = selected;
    this.updateBranch();
  }

  /** The selected alternative, else the most probable one that is not the token itself. */
  private get target(): Alternative | undefined {
    return (
      this.alternatives[this.selectedRow] ?? this.alternatives.find(({ isChosen }) => !isChosen)
    );
  }

  private updateBranch(): void {
    const { target, location } = this;
    this.branch.hidden = !target;
    if (!target || !location) {
      return;
    }
    const text = location.answer.vocabulary.text(target.id);
    const branch = branchAt(location.answer, location.token, target.id);
    const reason = 'reason' in branch ? branch.reason : null;
    this.branch.textContent = `Branch from “${tokenName(text, 16)}”`;
    this.branch.disabled = reason !== null;
    this.branch.title = reason
      ? `Not possible: ${reason}`
      : 'Insert a cell below that continues from here with this token (requires a server that continues an assistant message)';
    this.reason.textContent = reason;
  }

  private async insert(): Promise<void> {
    const { target, location } = this;
    if (target && location) {
      const { answer, token } = location;
      const branch = branchAt(answer, token, target.id);
      if ('reason' in branch) {
        this.say(`not possible: ${branch.reason}`);
        return;
      }
      const tokens = branch.tokens === null ? branchPromptTokens(answer, token) : null;
      const check =
        tokens === null ? '' : `; the same tokens only if it counts ${count(tokens)} in`;
      this.say(`${await this.insertCell(branch.cell)}${check}`);
    }
  }

  readonly node: HTMLElement;
  private readonly list = element('div', 'chm-alts');
  private readonly branch = button('Branch', '', () => void this.insert());
  private readonly reason = element('span', 'chm-hint');
  private rows: HTMLElement[] = [];
  private alternatives: Alternative[] = [];
  private selectedRow = -1;
  private location: { answer: Answer; token: number } | null = null;
}

function noAlternativesReason({ result }: Answer): string {
  if (result.alternatives) {
    return 'the server sent none for this token';
  }
  const omitted = result.alternatives_left_out;
  return omitted
    ? `${count(omitted)} alternatives are too many for a notebook; the result in the kernel has them`
    : 'no alternatives: request them with --top-logprobs';
}

/** Return the index of the token with the lowest probability. */
function lowestToken(answer: Answer, start: number, end: number): number {
  const logprob = (token: number): number => answer.token(token).logprob ?? -Infinity;
  let lowest = start;
  for (let token = start + 1; token < end; token += 1) {
    lowest = logprob(token) < logprob(lowest) ? token : lowest;
  }
  return lowest;
}

function describeToken(
  answer: Answer,
  start: number,
  index: number,
  { rank, listed, gap, entropy, isForced }: TokenMetrics
): string {
  const { logprob, status, wait } = answer.token(index);
  const probability =
    logprob === null ? [status] : [percent(Math.exp(logprob)), `${bits(logprob).toFixed(2)} bits`];
  const facts = [
    `token ${start + 1}`,
    ...probability,
    ...(rank !== null ? [`rank ${rank}`] : listed ? [`rank > ${listed}`] : []),
    ...(gap ? [`gap ${bits(-gap).toFixed(2)} bits`] : []),
    ...(entropy ? [`entropy ${interval(entropy)} bits`] : []),
    ...(isForced ? ['forced by a grammar'] : []),
    ...(wait !== null ? [`after ${wait} ms`] : [])
  ];
  return facts.join(' · ');
}

function describeBytes(answer: Answer, start: number, end: number): string {
  const offset = answer.byteOffset(start);
  const bytes = answer.bytes(start, end);
  const shown = hex(bytes.subarray(0, SHOWN_BYTES)) + (bytes.length > SHOWN_BYTES ? ' …' : '');
  const characters = Array.from(new TextDecoder().decode(bytes));
  const isNamed =
    characters.some(character => /[^ -~]/.test(character)) &&
    characters.length <= NAMED_CODE_POINTS;
  const names = isNamed ? ` ${characters.map(codePoint).join(' ')}` : '';
  return `bytes ${offset}–${offset + bytes.length}: ${shown}${names}`;
}

function fragmentList(answer: Answer, start: number, end: number): HTMLElement {
  const rows = answer.tokens.slice(start, end).map(({ id, logprob, status }, index) => {
    const prob = logprob === null ? status : percent(Math.exp(logprob));
    const bytes = hex(answer.vocabulary.bytes(id));
    return element('li', '', `token ${start + index + 1}: ${bytes}, ${prob}`);
  });
  return element('ul', 'chm-fragments', ...rows);
}

function metricList(logprobs: readonly (number | null)[], bytes: number): HTMLElement {
  const { joint, measured, lowest, bitsPerByte } = rangeMetrics(logprobs, bytes);
  const mean = joint / Math.max(1, measured);
  const metrics = [
    ['joint probability', tinyPercent(joint)],
    ['sum of log probabilities', `${nats(joint, 3)} nats`],
    ['mean', `${nats(mean, 3)} nats per token`],
    ['perplexity', Math.exp(-mean).toFixed(2)],
    ['least sure', percent(lowest)],
    ['bits per byte', bitsPerByte === null ? '–' : bitsPerByte.toFixed(3)]
  ] as const;
  const cells = metrics.flatMap(([name, value]) => [
    element('span', 'chm-muted', ...termNodes(name)),
    element('span', 'chm-mono', value)
  ]);
  return element('div', 'chm-sums', ...cells);
}

function alternativeRow(
  answer: Answer,
  alternative: Alternative,
  sum: number,
  largest: number
): HTMLElement {
  const { id, logprob, status, isChosen, isExtra } = alternative;
  const prob = logprob === null ? null : Math.exp(logprob);
  const number = (text: string, className = ''): HTMLElement =>
    element('span', `chm-alt-number ${className}`.trim(), text);
  const row = element(
    'div',
    'chm-alt',
    element('span', 'chm-alt-mark', isChosen ? '▸' : ''),
    exactText('span', 'chm-alt-name', tokenName(answer.vocabulary.text(id), 28)),
    shareBar(prob ?? 0, largest),
    number(prob === null ? status : percent(prob)),
    number(logprob === null ? '' : nats(logprob), 'chm-muted'),
    number(isExtra || prob === null ? '' : percent(Math.min(1, sum)), 'chm-muted')
  );
  row.id = newId();
  row.setAttribute('role', 'option');
  row.setAttribute('aria-selected', 'false');
  row.classList.toggle('chm-chosen', isChosen);
  row.classList.toggle(
    'chm-forbidden',
    status === 'masked' || (logprob !== null && isForbidden(alternative))
  );
  return row;
}

function shareBar(share: number, largest: number): HTMLElement {
  const bar = element('span', 'chm-alt-bar');
  bar.style.setProperty('--chm-share', String(share / largest));
  return bar;
}

function headRow(): HTMLElement {
  const titles = ['', 'alternative', '', '%', 'nats', 'sum'];
  return element('div', 'chm-alt chm-alt-head', ...titles.map(title => element('span', '', title)));
}

function residualRow(listed: number, { residual }: TokenMetrics, largest: number): HTMLElement {
  const row = element(
    'div',
    'chm-alt chm-other',
    element('span', 'chm-alt-mark', ''),
    element('span', 'chm-alt-name', 'other'),
    shareBar(residual ?? 0, largest),
    element('span', 'chm-alt-number', residual === null ? '' : percent(residual)),
    element('span'),
    element('span')
  );
  row.title = `all tokens that are not listed, about ${count(constants.vocabularySize - listed)}`;
  return row;
}
