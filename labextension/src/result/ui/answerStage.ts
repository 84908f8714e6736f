/** Answers side by side in one of three modes, and the one inspector of their tokens. */

import type { Answer, ResultModel } from '../answer';
import { MODES, type ChoiceView, type Mode } from './choiceView';
import { button, element } from './dom';
import { Inspector } from './inspector';
import type { InsertCell } from './tokenDetails';

/** Answers that are drawn at once; of more, the first few, and those that come into sight. */
const AT_ONCE = 12;
const FIRST = 4;
/** Columns in sight; of more, the rest can be scrolled to. */
const WIDEST = 4;
const A_FRAME_MS = 16;
const NEAR = '600px';

const TITLES: Record<Mode, string> = {
  text: 'The answer as it reads',
  tokens: 'Token by token, painted by how sure the model was',
  raw: 'Exactly what the model wrote'
};

export class AnswerStage {
  constructor(
    private readonly results: readonly ResultModel[],
    private readonly insertCell: InsertCell,
    private readonly onMode: (mode: Mode) => void
  ) {
    this.hasTokens = results.some(({ choices }) => choices.some(each => each.tokens.length));
    this.node = element('div', 'chm-stage', this.columns);
    this.switcher = this.makeSwitcher();
  }

  /** Put these answers side by side, in this order, with other elements among them. */
  async set(views: readonly ChoiceView[], nodes: readonly HTMLElement[]): Promise<void> {
    this.views = views;
    this.observer?.disconnect();
    this.observer = null;
    if (!sameNodes(this.columns.childNodes, nodes)) {
      this.columns.replaceChildren(...nodes);
    }
    this.node.style.setProperty('--chm-count', String(Math.min(WIDEST, Math.max(1, nodes.length))));
    this.node.classList.toggle('chm-scrolls', nodes.length > WIDEST);
    this.node.classList.toggle('chm-several', nodes.length > 1);
    this.node.classList.toggle('chm-pair', nodes.length === 2);
    this.node.classList.toggle('chm-lazy', nodes.length > AT_ONCE);
    this.near = new Set(views.length > AT_ONCE ? views.slice(0, FIRST) : views);
    await this.draw([...this.near]);
    if (views.length > AT_ONCE) {
      this.observe();
    }
  }

  /** Show the answers as text, as tokens, or as they came. */
  async setMode(requested: Mode): Promise<void> {
    this.mode = requested === 'tokens' && !this.hasTokens ? 'text' : requested;
    this.buttons.forEach((each, place) =>
      each.setAttribute('aria-pressed', String(MODES[place] === this.mode))
    );
    this.node.dataset.mode = this.mode;
    this.tools.hidden = this.mode !== 'tokens';
    await this.draw([...this.near]);
  }

  /** Show the next mode, with the focus on its button. */
  async nextMode(): Promise<void> {
    const modes = MODES.filter(mode => mode !== 'tokens' || this.hasTokens);
    const mode = modes[(modes.indexOf(this.mode ?? 'text') + 1) % modes.length];
    this.onMode(mode);
    await this.setMode(mode);
    this.buttons[MODES.indexOf(mode)].focus();
  }

  /** Show a token. */
  async inspect(answer: Answer, piece: number): Promise<void> {
    this.onMode('tokens');
    await this.setMode('tokens');
    const view = this.views.find(each => each.answer === answer);
    if (view) {
      await this.draw([view]);
      this.inspector?.goTo(answer, piece);
    }
  }

  dispose(): void {
    this.observer?.disconnect();
    this.inspector?.dispose();
  }

  /** Draw the first few, which are in sight, before the others. */
  private async draw(views: readonly ChoiceView[]): Promise<void> {
    await this.drawNow(views.slice(0, FIRST));
    if (views.length > FIRST) {
      await new Promise(resolve => setTimeout(resolve, A_FRAME_MS));
      await this.drawNow(views.slice(FIRST));
    }
  }

  /** Nothing is drawn before it is known in which mode. */
  private async drawNow(views: readonly ChoiceView[]): Promise<void> {
    const { mode } = this;
    if (!mode) {
      return;
    }
    const isNew = mode === 'tokens' && !this.inspector;
    if (isNew) {
      this.inspector = new Inspector(this.results, this.insertCell);
    }
    await Promise.all(views.map(view => view.show(mode, this.inspector)));
    if (isNew && this.inspector) {
      this.node.append(this.inspector.panel.node);
      this.tools.append(this.inspector.node);
      void this.inspector.start();
    }
  }

  private observe(): void {
    this.observer = new IntersectionObserver(
      entries => {
        const seen = entries.filter(entry => entry.isIntersecting).map(entry => entry.target);
        const views = this.views.filter(view => seen.includes(view.node));
        views.forEach(view => this.near.add(view));
        void this.draw(views);
      },
      { rootMargin: NEAR }
    );
    this.views.forEach(view => this.observer?.observe(view.node));
  }

  private makeSwitcher(): HTMLElement {
    this.buttons = MODES.map(mode => {
      const act = (): void => {
        this.onMode(mode);
        void this.setMode(mode);
      };
      return button(mode[0].toUpperCase() + mode.slice(1), TITLES[mode], act, 'chm-mode');
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

  readonly node: HTMLElement;
  readonly switcher: HTMLElement;
  readonly columns = element('div', 'chm-columns');
  /** What belongs to the tokens and stands below them: the legend, the table. */
  readonly tools = element('div');
  readonly hasTokens: boolean;
  mode: Mode | null = null;
  private views: readonly ChoiceView[] = [];
  private near = new Set<ChoiceView>();
  private observer: IntersectionObserver | null = null;
  private buttons: HTMLButtonElement[] = [];
  private inspector: Inspector | null = null;
}

/** Putting elements where they are would scroll them back to their beginning. */
function sameNodes(old: NodeListOf<ChildNode>, nodes: readonly HTMLElement[]): boolean {
  return old.length === nodes.length && nodes.every((node, place) => old[place] === node);
}
