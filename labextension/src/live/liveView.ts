/** Paints an answer or a grid while it streams: what is added costs the same however long it is. */

import constants from '../constants.json';
import { drawFact } from '../result/ui/choiceView';
import { element } from '../result/ui/dom';
import { exactNodes, exactText } from '../result/ui/exactText';
import {
  liveStreams,
  readState,
  type LiveAnswer,
  type LiveMatrix,
  type LiveMessage,
  type LiveState,
  type LiveStreams,
  type Piece
} from './liveStream';

export class LiveView {
  constructor(
    private readonly node: HTMLElement,
    private readonly streams: LiveStreams = liveStreams
  ) {
    node.classList.add('chm-root', constants.liveClass, 'chm-live-painted');
  }

  /** The number of the last message that is painted. */
  seq = 0;

  /** Draw a whole state, unless more of it is painted already. */
  draw(data: unknown): void {
    const state = readState(data);
    if (!state) {
      return;
    }
    this.streams.forget(state.stream, state.seq);
    if (state.stream === this.stream && state.seq <= this.seq) {
      return;
    }
    this.dispose();
    this.stream = state.stream;
    this.seq = state.seq;
    this.build(state);
    this.streams.follow(state.stream, this);
  }

  /** Paint what was added. */
  add({ seq, parts }: LiveMessage): void {
    this.seq = seq;
    if (!parts) {
      return;
    }
    if (parts.facts) {
      this.drawFacts(parts.facts);
    }
    this.drawDone(parts.done ?? null);
    for (const [index, state, pieces] of parts.answers) {
      const answer = this.answers[index];
      answer?.append(pieces);
      if (state !== null) {
        answer?.setState(state);
      }
    }
  }

  dispose(): void {
    this.streams.leave(this.stream, this);
  }

  /** Draw a whole state; answers that only grew keep their elements, and what is selected in them. */
  private build(state: LiveState): void {
    this.title = exactText('strong', '', state.title);
    this.runs = state.runs;
    this.drawFacts(state.facts);
    this.drawDone(state.done);
    const frame = JSON.stringify([
      state.title,
      state.rounds,
      state.matrix,
      state.answers.map(answer => answer.title)
    ]);
    const isSame = frame === this.frame && state.answers.length === this.answers.length;
    if (isSame && state.answers.every((answer, index) => this.answers[index]?.grow(answer))) {
      return;
    }
    this.frame = frame;
    this.answers = state.answers.map(answer => new AnswerColumn(answer, state.matrix !== null));
    const nodes = this.answers.map(answer => answer.node);
    const rounds = state.rounds.map(text => exactText('div', 'chm-exact chm-live-rounds', text));
    const body = state.matrix ? matrixOf(state.matrix, nodes) : columnsOf(nodes);
    this.node.replaceChildren(this.header, this.bar, ...rounds, body);
    this.bar.hidden = state.done === null;
  }

  private drawFacts(facts: string[]): void {
    this.header.replaceChildren(this.title, ...facts.map(drawFact));
  }

  private drawDone(done: number | null): void {
    if (done !== null) {
      this.bar.max = this.runs;
      this.bar.value = done;
      this.bar.setAttribute('value', String(done));
    }
  }

  private stream = '';
  private frame = '';
  private title: HTMLElement = element('strong');
  private runs = 1;
  private answers: AnswerColumn[] = [];
  private readonly header = element('div', 'chm-status');
  private readonly bar = element('progress', 'chm-live-progress');
}

/** One answer: its title, its state, and its text, in blocks that the page lays out one by one. */
class AnswerColumn {
  constructor(answer: LiveAnswer, isCell: boolean) {
    const head = answer.title ? [exactText('strong', '', answer.title)] : [];
    const text = element('div', 'chm-live-text', this.body);
    const className = isCell ? 'chm-live-cell' : 'chm-live-column';
    const line = element('div', 'chm-choice-head', ...head, this.state);
    this.node = element('div', className, line, text);
    this.setState(answer.state);
    this.append(answer.pieces);
  }

  readonly node: HTMLElement;

  setState(state: string): void {
    this.state.replaceChildren(drawFact(state));
  }

  /** Add what a whole state has more; false if it does not continue this text. */
  grow(answer: LiveAnswer): boolean {
    const text = answer.pieces.map(textOf).join('');
    if (!text.startsWith(this.text)) {
      return false;
    }
    this.setState(answer.state);
    this.append(rest(answer.pieces, this.text.length));
    return true;
  }

  append(pieces: Piece[]): void {
    for (const piece of pieces) {
      this.text += textOf(piece);
      const lines = textOf(piece).split('\n');
      lines.forEach((line, index) => {
        if (index > 0) {
          this.startLine();
        }
        if (line) {
          this.line.append(
            ...(typeof piece === 'string' ? exactNodes(line) : [token(piece, line)])
          );
        }
      });
    }
  }

  /** Start a line of the text, which is laid out apart from those above it. */
  private startLine(): void {
    this.line = element('div', 'chm-live-line');
    this.body.append(this.line);
  }

  private text = '';
  private readonly state = element('span', 'chm-live-state');
  private line = element('div', 'chm-live-line');
  private readonly body = element('div', 'chm-live-body chm-exact', this.line);
}

function textOf(piece: Piece): string {
  return typeof piece === 'string' ? piece : piece[1];
}

function token([bin, , title]: Exclude<Piece, string>, text: string): HTMLElement {
  const node = exactText('span', `chm-token chm-bin${bin}`, text);
  node.title = title;
  return node;
}

/** Return pieces without their first characters. */
function rest(pieces: Piece[], length: number): Piece[] {
  let start = 0;
  return pieces.flatMap((piece): Piece[] => {
    const text = textOf(piece);
    const from = length - start;
    start += text.length;
    if (from <= 0) {
      return [piece];
    }
    return from < text.length ? [text.slice(from)] : [];
  });
}

function columnsOf(nodes: HTMLElement[]): HTMLElement {
  return element('div', 'chm-live-columns', ...nodes);
}

/** Put answers into the cells of their runs. */
function matrixOf(
  { corner, columns, rows, answers }: LiveMatrix,
  nodes: HTMLElement[]
): HTMLElement {
  const table = element('table', 'chm-live-table');
  if (columns.length) {
    table.append(
      element('tr', '', ...[corner, ...columns].map(title => exactText('th', '', title)))
    );
  }
  const width = Math.max(columns.length, 1);
  let next = 0;
  rows.forEach((title, row) => {
    const line = element('tr', '', exactText('th', '', title));
    for (const count of answers.slice(row * width, (row + 1) * width)) {
      line.append(element('td', '', ...nodes.slice(next, (next += count))));
    }
    table.append(line);
  });
  return element('div', 'chm-live-matrix', table);
}
