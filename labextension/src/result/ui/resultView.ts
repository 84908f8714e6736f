/** One request and its answer: what it took, its choices side by side, what was unsure. */

import type { Answer } from '../answer';
import { Answers } from '../answer';
import { roundPercent, short, tokenName } from '../format';
import type { PayloadChoice, PayloadResult, Round, ToolRun } from '../payload';
import type { Piece } from '../tokens';
import { button, details, element } from './dom';
import { exact } from './exact';
import { Inspector } from './inspector';
import { renderMarkdown, type MarkdownOptions } from './markdownText';
import type { InsertCell } from './panel';

export type Mode = 'text' | 'tokens' | 'raw';

const MODES: Mode[] = ['text', 'tokens', 'raw'];
const NOT_NORMAL = ['length', 'content_filter', 'error', 'interrupted'];
/** Characters, of few lines, that are shown without a click. */
const SHORT = 300;

interface Column {
  answer: Answer;
  bodies: Record<Mode, HTMLElement>;
}

export class ResultView {
  constructor(
    private readonly result: PayloadResult,
    private readonly options: MarkdownOptions,
    private readonly insertCell: InsertCell,
    private readonly onMode: (mode: Mode) => void
  ) {
    this.answers = new Answers(result);
    this.hasTokens = this.answers.choices.some(answer => answer.tokens.length);
    const columns = this.answers.choices.map(answer => this.column(answer));
    this.stage.append(
      element('div', 'chm-columns', ...(columns.length ? columns : [note('no answer')]))
    );
    this.stage.style.setProperty('--chm-count', String(Math.min(4, Math.max(1, columns.length))));
    this.stage.classList.toggle('chm-several', columns.length > 1);
    this.stage.classList.toggle('chm-pair', columns.length === 2);
    this.node = element(
      'section',
      'chm-result',
      this.status(),
      ...result.rounds.map(round => drawRound(round)),
      this.stage,
      result.unsure ? exact('p', 'chm-doubts', result.unsure) : null
    );
    this.node.addEventListener('keydown', event => this.onKey(event));
  }

  /** `v` shows the next of the three views, from wherever the focus is in here. */
  private onKey(event: KeyboardEvent): void {
    const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey;
    if (event.key === 'v' && isPlain && !(event.target instanceof HTMLSelectElement)) {
      const modes = MODES.filter(mode => mode !== 'tokens' || this.hasTokens);
      const mode = modes[(modes.indexOf(this.mode) + 1) % modes.length];
      this.onMode(mode);
      void this.setMode(mode).then(() => this.buttons[MODES.indexOf(mode)].focus());
      event.preventDefault();
    }
  }

  /** Show the answers as text, as tokens, or as they came. */
  async setMode(wanted: Mode): Promise<void> {
    const mode = wanted === 'tokens' && !this.hasTokens ? 'text' : wanted;
    this.mode = mode;
    this.node.dataset.mode = mode;
    this.buttons.forEach((each, place) =>
      each.setAttribute('aria-pressed', String(MODES[place] === mode))
    );
    for (const { bodies } of this.columns) {
      MODES.forEach(each => (bodies[each].hidden = each !== mode));
    }
    await this.fill(mode);
  }

  dispose(): void {
    this.inspector?.dispose();
  }

  private async fill(mode: Mode): Promise<void> {
    if (this.filled.has(mode)) {
      return;
    }
    this.filled.add(mode);
    if (mode === 'text') {
      await Promise.all(this.columns.map(column => this.fillText(column)));
    } else if (mode === 'raw') {
      this.columns.forEach(({ answer, bodies }) =>
        bodies.raw.append(exact('pre', 'chm-raw', answer.choice.text))
      );
    } else {
      this.fillTokens();
    }
  }

  private fillTokens(): void {
    const inspector = new Inspector(this.answers, this.insertCell);
    this.inspector = inspector;
    for (const { answer, bodies } of this.columns) {
      if (answer.tokens.length) {
        bodies.tokens.append(
          this.result.prefill ? exact('span', 'chm-prefill', this.result.prefill) : ''
        );
        inspector.add(answer, bodies.tokens);
      } else {
        bodies.tokens.append(note('no log probabilities'));
      }
    }
    this.stage.append(inspector.panel.node);
    this.stage.after(inspector.node);
    void inspector.start();
  }

  private async fillText({ answer, bodies }: Column): Promise<void> {
    const { choice } = answer;
    const { prefill } = this.result;
    const body = bodies.text;
    const begun = prefill ? exact('span', 'chm-prefill', prefill) : null;
    body.append(begun ?? '');
    if (choice.text) {
      const host = element('div', 'chm-markdown jp-RenderedHTMLCommon');
      body.append(host);
      const inspect = (piece: number): void => void this.inspect(choice.index, piece);
      await renderMarkdown(host, choice.text, this.options, answer.pieces, inspect);
      const first = host.firstElementChild;
      if (begun && first?.tagName === 'P') {
        first.prepend(begun, /^\s/.test(choice.text) ? ' ' : '');
      }
    }
    body.append(...extras(choice));
    if (!choice.text && body.childElementCount === (begun ? 1 : 0)) {
      body.append(note('empty answer'));
    }
  }

  private async inspect(choice: number, piece: number): Promise<void> {
    this.onMode('tokens');
    await this.setMode('tokens');
    this.inspector?.goTo(choice, piece);
  }

  private status(): HTMLElement {
    const { model, facts, warnings } = this.result;
    const few = warnings.length === 1 ? warnings : [];
    const line = element(
      'div',
      'chm-status',
      exact('strong', '', model),
      ...facts.map(fact => exact('span', '', fact)),
      ...few.map(warning => exact('span', 'chm-warning', warning)),
      this.switcher()
    );
    const lines =
      warnings.length > 1 ? warnings.map(each => exact('div', 'chm-warning', each)) : [];
    return element('header', 'chm-header', line, ...lines);
  }

  private switcher(): HTMLElement {
    this.buttons = MODES.map(mode => {
      const label = mode[0].toUpperCase() + mode.slice(1);
      return button(
        label,
        TITLES[mode],
        () => {
          this.onMode(mode);
          void this.setMode(mode);
        },
        'chm-mode'
      );
    });
    this.buttons[1].disabled = !this.hasTokens;
    if (!this.hasTokens) {
      this.buttons[1].title = 'No log probabilities: ask for them with --top-logprobs';
    }
    const group = element('div', 'chm-switch', ...this.buttons);
    group.setAttribute('role', 'group');
    group.setAttribute('aria-label', 'show the answer as');
    return group;
  }

  private column(answer: Answer): HTMLElement {
    const { choice } = answer;
    const bodies = {
      text: element('div', 'chm-body'),
      tokens: element('div', 'chm-body'),
      raw: element('div', 'chm-body')
    };
    this.columns.push({ answer, bodies });
    const several = this.answers.choices.length > 1;
    return element(
      'article',
      'chm-choice',
      element(
        'div',
        'chm-choice-head',
        several ? element('strong', '', String(choice.index)) : null,
        ...choice.facts.map(fact =>
          exact('span', NOT_NORMAL.includes(fact) ? 'chm-warning' : '', fact)
        ),
        choice.sparkline ? spark(choice.sparkline) : null
      ),
      choice.reasoning
        ? details('reasoning', () => exact('pre', 'chm-raw', choice.reasoning ?? ''))
        : null,
      ...MODES.map(mode => bodies[mode]),
      footer(answer)
    );
  }

  readonly node: HTMLElement;
  mode: Mode = 'text';
  private readonly answers: Answers;
  private readonly hasTokens: boolean;
  private readonly columns: Column[] = [];
  private readonly stage = element('div', 'chm-stage');
  private readonly filled = new Set<Mode>();
  private buttons: HTMLButtonElement[] = [];
  private inspector: Inspector | null = null;
}

const TITLES: Record<Mode, string> = {
  text: 'The answer as it reads',
  tokens: 'Token by token, painted by how sure the model was',
  raw: 'Exactly what the model wrote'
};

function footer({ choice, pieces }: Answer): HTMLElement | null {
  if (!choice.perplexity) {
    return null;
  }
  const least = pieces
    .filter(piece => piece.prob !== null && /[\p{L}\p{N}]/u.test(piece.text))
    .reduce<Piece | null>((a, b) => ((a?.prob ?? 1) <= (b.prob ?? 1) ? a : b), null);
  const words =
    least && `least sure “${tokenName(least.text.trim(), 24)}” ${roundPercent(least.prob ?? 0)}`;
  return element(
    'div',
    'chm-metrics',
    element('span', '', choice.perplexity),
    words ? exact('span', '', words) : null
  );
}

function spark(line: string): HTMLElement {
  const node = element('span', 'chm-spark', line);
  node.title = 'surprisal along the answer';
  node.setAttribute('aria-hidden', 'true');
  return node;
}

function note(words: string): HTMLElement {
  return element('p', 'chm-hint', words);
}

/** Draw what an answer holds besides its text. */
function extras(choice: PayloadChoice): HTMLElement[] {
  const parts: HTMLElement[] = [];
  if (choice.refusal) {
    parts.push(note('refused'), exact('div', 'chm-exact', choice.refusal));
  }
  if (choice.audio) {
    parts.push(exact('div', 'chm-exact', choice.audio.transcript ?? ''));
    parts.push(
      note(
        `audio, ${choice.audio.bytes.toLocaleString('en')} bytes: .choices[i].audio.data has them`
      )
    );
  }
  for (const call of choice.tool_calls) {
    parts.push(
      element('div', 'chm-call', 'calls ', exact('strong', '', call.name)),
      exact('pre', 'chm-raw', call.arguments)
    );
  }
  return parts;
}

function drawRound(round: Round): HTMLElement {
  const said = round.text ? exact('div', 'chm-said', round.text) : null;
  return element('div', 'chm-round', said, ...round.tool_runs.map(drawToolRun));
}

function drawToolRun(run: ToolRun): HTMLElement {
  const line = element(
    'div',
    'chm-call',
    exact('code', '', `${run.name}(${run.arguments})`),
    element('span', 'chm-muted', `${short(run.seconds)} s`),
    run.result === null ? exact('span', 'chm-warning', run.error ?? '') : null
  );
  const result = run.result;
  if (result === null) {
    return element('div', '', line);
  }
  const isShort = result.length <= SHORT && result.split('\n').length <= 6;
  const shown = exact('pre', 'chm-raw', result);
  const title = `result, ${result.length.toLocaleString('en')} characters`;
  return element('div', '', line, isShort ? shown : details(title, () => shown));
}
