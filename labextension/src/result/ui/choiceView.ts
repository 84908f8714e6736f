/** One answer in its column: as rendered text, as tokens, as raw text. */

import constants from '../../constants.json';
import type { Answer } from '../answer';
import { continuationCell, continueDisabledReason } from '../nextCell';
import { count, roundPercent, tokenName } from '../tokenFormat';
import type { PayloadChoice } from '../payloadTypes';
import type { TextRange } from '../renderedRange';
import { isUnsure, type Piece } from '../tokens';
import { imageOf, sourceList } from './answerMedia';
import { drawMarks } from './checksView';
import { CopyMenu } from './copyMenu';
import { button, details, element, type Child } from './dom';
import { exactNodes, exactText } from './exactText';
import type { InsertCell } from './tokenDetails';
import type { TokenInspector } from './tokenInspector';
import { markDivergence, renderMarkdown, type MarkdownOptions } from './markdownView';
import { termNodes } from './terms';

export type Mode = 'text' | 'tokens' | 'raw';

export const MODES: Mode[] = ['text', 'tokens', 'raw'];

/** What surrounds the answer in its column. */
export interface ChoiceFrame {
  /** Its name for screen readers. */
  title: string;
  /** What precedes the facts. */
  head: Child[];
  /** Metrics besides the perplexity. */
  metrics: string[];
  /** What follows the metrics. */
  foot: Child[];
  /** The token at which it diverges from the other answers. */
  divergence: TextRange | null;
}

export class ChoiceView {
  constructor(
    readonly answer: Answer,
    private readonly frame: ChoiceFrame,
    private readonly options: MarkdownOptions,
    private readonly onInspect: (piece: number) => void
  ) {
    const { choice } = answer;
    this.node = element(
      'article',
      'chm-choice',
      element(
        'div',
        'chm-choice-head',
        drawMarks([choice]),
        ...frame.head,
        ...choice.facts.map(drawFact),
        choice.sparkline ? sparkline(choice.sparkline) : null
      ),
      choice.reasoning
        ? details('reasoning', () => exactText('pre', 'chm-raw', choice.reasoning ?? ''))
        : null,
      ...MODES.map(mode => this.bodies[mode]),
      this.footer()
    );
    this.node.setAttribute('aria-label', frame.title);
  }

  /** Show the answer in a mode, or its changes; the mode `tokens` requires the inspector. */
  async show(mode: Mode, inspector: TokenInspector | null): Promise<void> {
    this.mode = mode;
    if (this.compare && !this.changes) {
      this.changes = this.compare();
      this.bodies.text.before(this.changes);
    }
    this.showBodies();
    if (this.compare || this.filled.has(mode)) {
      return;
    }
    this.filled.add(mode);
    if (mode === 'text') {
      await this.fillText();
    } else if (mode === 'raw') {
      this.fillRaw();
    } else if (inspector) {
      this.fillTokens(inspector);
    }
  }

  /** Show, from the next call of `show` on, the changes from another answer; null shows the answer. */
  setChanges(compare: (() => HTMLElement) | null): void {
    this.changes?.remove();
    this.changes = null;
    this.compare = compare;
  }

  private showBodies(): void {
    MODES.forEach(mode => (this.bodies[mode].hidden = mode !== this.mode || this.compare !== null));
  }

  private fillRaw(): void {
    const { text } = this.answer.choice;
    const host = exactText('pre', 'chm-raw', text);
    markDivergence(host, text, this.frame.divergence);
    this.bodies.raw.append(host);
  }

  private fillTokens(inspector: TokenInspector): void {
    const { answer, bodies } = this;
    const { title, divergence } = this.frame;
    if (!answer.tokens.length) {
      bodies.tokens.append(note('no log probabilities'));
      return;
    }
    const isSpelled = answer.text === (answer.choice.text || answer.choice.refusal);
    inspector.add(answer, bodies.tokens, title, isSpelled ? divergence : null);
  }

  private async fillText(): Promise<void> {
    const { choice, pieces, result } = this.answer;
    const body = this.bodies.text;
    const { prefill } = result;
    if (choice.text) {
      const host = element('div', 'chm-markdown jp-RenderedHTMLCommon');
      body.append(host);
      const { options, onInspect, frame } = this;
      const marked = { text: choice.text, prefill, pieces, divergence: frame.divergence };
      await renderMarkdown(host, marked, options, onInspect);
    } else if (prefill) {
      body.append(exactText('span', 'chm-prefill', prefill));
    }
    body.append(...extras(choice));
    if (!choice.text && body.childElementCount === (prefill ? 1 : 0)) {
      body.append(note('empty answer'));
    }
    body.append(...sourceList(choice.sources ?? []));
  }

  private footer(): HTMLElement {
    const { perplexity } = this.answer.choice;
    const { metrics, foot } = this.frame;
    const children = [
      ...(perplexity ? [element('span', '', ...termNodes(perplexity))] : []),
      ...metrics.map(metric => element('span', '', ...termNodes(metric))),
      ...(perplexity ? [this.leastSure()] : []),
      element('span', 'chm-foot', ...foot, new CopyMenu(this.answer, this.frame.title).node)
    ];
    return element('div', 'chm-metrics', ...children);
  }

  private leastSure(): HTMLElement | null {
    const { pieces } = this.answer;
    const lowest = pieces
      .filter(piece => isUnsure(piece, Infinity) && /[\p{L}\p{N}]/u.test(piece.text))
      .reduce<Piece | null>((a, b) => ((a?.prob ?? 1) <= (b.prob ?? 1) ? a : b), null);
    if (!lowest) {
      return null;
    }
    const name = tokenName(lowest.text.trim(), 24);
    const inspect = (): void => this.onInspect(pieces.indexOf(lowest));
    const node = button('', 'Show this token', inspect, 'chm-link');
    node.append(
      ...termNodes('least sure'),
      ' ',
      element('bdi', '', `“${name}”`),
      ` ${roundPercent(lowest.prob ?? 0)}`
    );
    return node;
  }

  readonly node: HTMLElement;
  private mode: Mode = 'text';
  private readonly bodies = {
    text: element('div', 'chm-body'),
    tokens: element('div', 'chm-body'),
    raw: element('div', 'chm-body')
  };
  private compare: (() => HTMLElement) | null = null;
  private changes: HTMLElement | null = null;
  private readonly filled = new Set<Mode>();
}

/** Tell whether a fact says that an answer may be incomplete. */
export function isAbnormal(fact: string): boolean {
  return constants.abnormalFinishReasons.some(reason => fact.startsWith(reason));
}

/** Draw how an answer ended or how long it is, as a warning where it may be incomplete. */
export function drawFact(fact: string): HTMLElement {
  const isOurs = Object.values(constants.finishes).some(words => fact.startsWith(words));
  const nodes = isOurs ? termNodes(fact) : exactNodes(fact);
  return element('span', isAbnormal(fact) ? 'chm-warning' : '', ...nodes);
}

/** Draw the button that inserts a cell which continues from an answer; `onDone` is told how it went. */
export function drawContinueButton(
  answer: Answer,
  insertCell: InsertCell,
  onDone: (message: string) => void
): HTMLButtonElement {
  const reason = continueDisabledReason(answer);
  const node = button(
    'Continue from this answer',
    reason ? `Not possible: ${reason}` : 'Insert a cell below that continues after this answer',
    () => void insertCell(continuationCell(answer)).then(onDone),
    'chm-continue'
  );
  node.disabled = reason !== null;
  return node;
}

/** Make a line of explanation. */
export function note(text: string): HTMLElement {
  return element('p', 'chm-hint', text);
}

function sparkline(line: string): HTMLElement {
  const node = element('span', 'chm-sparkline', line);
  node.title = 'surprisal along the answer';
  node.setAttribute('aria-hidden', 'true');
  return node;
}

/** Draw what an answer has besides its text. */
function extras(choice: PayloadChoice): HTMLElement[] {
  const parts: HTMLElement[] = [];
  if (choice.refusal) {
    parts.push(note('refused'), exactText('div', 'chm-exact', choice.refusal));
  }
  if (choice.audio) {
    parts.push(exactText('div', 'chm-exact', choice.audio.transcript ?? ''));
    parts.push(note(`audio, ${count(choice.audio.bytes)} bytes: see .choices[i].audio.data`));
  }
  parts.push(...(choice.images ?? []).map(imageOf));
  for (const call of choice.tool_calls) {
    parts.push(
      element('div', 'chm-call', 'calls ', exactText('strong', '', call.name)),
      exactText('pre', 'chm-raw', call.arguments)
    );
  }
  return parts;
}
