/** Answers side by side in one of three modes, with one inspector for their tokens. */

import type { Answer, ResultModel } from '../answer';
import { MODES, type ChoiceView, type Mode } from './choiceView';
import { nextItem } from '../indexing';
import { button, capitalized, element } from './dom';
import { TokenInspector } from './tokenInspector';
import type { InsertCell } from './tokenDetails';

/** Up to so many answers are drawn at once; of more, the first few and those that become visible. */
const EAGER_MOST = 12;
const FIRST_DRAWN = 4;
/** Columns that are visible; the others can be scrolled to. */
const VISIBLE_COLUMNS = 4;
const FRAME_MS = 16;
const OBSERVED_MARGIN = '600px';

const TITLES: Record<Mode, string> = {
  text: 'The answer as rendered Markdown',
  tokens: 'The tokens, painted by probability',
  raw: 'The exact text of the model'
};

export class AnswerStage {
  constructor(
    private readonly results: readonly ResultModel[],
    private readonly insertCell: InsertCell,
    private readonly onMode: (mode: Mode) => void
  ) {
    this.hasTokens = results.some(({ choices }) => choices.some(({ tokens }) => tokens.length));
    this.node = element('div', 'chm-stage', this.columns);
    this.switcher = this.makeSwitcher();
  }

  /** Lay out these answers, in this order, with other elements among them. */
  async set(views: readonly ChoiceView[], nodes: readonly HTMLElement[]): Promise<void> {
    this.views = views;
    this.observer?.disconnect();
    this.observer = null;
    if (!sameNodes(this.columns.childNodes, nodes)) {
      this.columns.replaceChildren(...nodes);
    }
    this.node.style.setProperty(
      '--chm-count',
      String(Math.min(VISIBLE_COLUMNS, Math.max(1, nodes.length)))
    );
    this.node.classList.toggle('chm-scrolls', nodes.length > VISIBLE_COLUMNS);
    this.node.classList.toggle('chm-several', nodes.length > 1);
    this.node.classList.toggle('chm-pair', nodes.length === 2);
    this.node.classList.toggle('chm-lazy', nodes.length > EAGER_MOST);
    this.near = new Set(views.length > EAGER_MOST ? views.slice(0, FIRST_DRAWN) : views);
    await this.draw([...this.near]);
    if (views.length > EAGER_MOST) {
      this.observe();
    }
  }

  /** Show the answers as rendered text, as tokens, or as raw text. */
  async setMode(requested: Mode): Promise<void> {
    this.mode = requested === 'tokens' && !this.hasTokens ? 'text' : requested;
    for (const [mode, button] of this.buttons) {
      button.setAttribute('aria-pressed', String(mode === this.mode));
    }
    this.node.dataset.mode = this.mode;
    this.tools.hidden = this.mode !== 'tokens';
    await this.draw([...this.near]);
  }

  /** Show the next mode, with the focus on its button. */
  async nextMode(): Promise<void> {
    const modes = MODES.filter(mode => mode !== 'tokens' || this.hasTokens);
    const mode = nextItem(modes, this.mode ?? 'text');
    this.onMode(mode);
    await this.setMode(mode);
    this.buttons.get(mode)?.focus();
  }

  /** Do what a key stands for, wherever the focus is in the result; false if it stands for nothing. */
  act(key: string): boolean {
    if (key === 'v') {
      void this.nextMode();
      return true;
    }
    return this.mode === 'tokens' && (this.inspector?.act(key) ?? false);
  }

  /** Show a token. */
  async inspect(answer: Answer, piece: number): Promise<void> {
    this.onMode('tokens');
    await this.setMode('tokens');
    const view = this.views.find(view => view.answer === answer);
    if (view) {
      await this.draw([view]);
      this.inspector?.goTo(answer, piece);
    }
  }

  dispose(): void {
    this.observer?.disconnect();
    this.inspector?.dispose();
  }

  /** Draw the first few, which are visible, before the others. */
  private async draw(views: readonly ChoiceView[]): Promise<void> {
    await this.drawNow(views.slice(0, FIRST_DRAWN));
    if (views.length > FIRST_DRAWN) {
      await new Promise(resolve => setTimeout(resolve, FRAME_MS));
      await this.drawNow(views.slice(FIRST_DRAWN));
    }
  }

  /** Draw views in the current mode; nothing before the mode is known. */
  private async drawNow(views: readonly ChoiceView[]): Promise<void> {
    const { mode } = this;
    if (!mode) {
      return;
    }
    const isNew = mode === 'tokens' && !this.inspector;
    if (isNew) {
      this.inspector = new TokenInspector(this.results, this.insertCell);
    }
    await Promise.all(views.map(view => view.show(mode, this.inspector)));
    if (isNew && this.inspector) {
      this.inspector.attachTo(this.node);
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
      { rootMargin: OBSERVED_MARGIN }
    );
    this.views.forEach(view => this.observer?.observe(view.node));
  }

  private makeSwitcher(): HTMLElement {
    const buttons = MODES.map(mode => {
      const act = (): void => {
        this.onMode(mode);
        void this.setMode(mode);
      };
      const node = button(capitalized(mode), TITLES[mode], act, 'chm-mode');
      this.buttons.set(mode, node);
      if (mode === 'tokens' && !this.hasTokens) {
        node.disabled = true;
        node.title = 'No log probabilities: request them with --top-logprobs';
      }
      return node;
    });
    const group = element('div', 'chm-switch', ...buttons);
    group.setAttribute('role', 'group');
    group.setAttribute('aria-label', 'Show the answer as');
    return group;
  }

  readonly node: HTMLElement;
  readonly switcher: HTMLElement;
  readonly columns = element('div', 'chm-columns');
  /** What belongs to the tokens and is below them: the legend, the table. */
  readonly tools = element('div');
  readonly hasTokens: boolean;
  mode: Mode | null = null;
  private views: readonly ChoiceView[] = [];
  private near = new Set<ChoiceView>();
  private observer: IntersectionObserver | null = null;
  private readonly buttons = new Map<Mode, HTMLButtonElement>();
  private inspector: TokenInspector | null = null;
}

/** Tell whether nothing moves: moving elements would scroll them back to their beginning. */
function sameNodes(old: NodeListOf<ChildNode>, nodes: readonly HTMLElement[]): boolean {
  return old.length === nodes.length && nodes.every((node, index) => old[index] === node);
}
