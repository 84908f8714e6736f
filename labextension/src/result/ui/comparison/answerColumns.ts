/** Answers side by side or below each other; those with one text share a column. */

import { whyNotOn, writeNext } from '../../nextCell';
import { commonWarnings, titleOf, type ComparedAnswer, type Comparison } from '../../comparison';
import { pieceIndexAt } from '../../tokens';
import type { ViewState } from '../../viewState';
import { metricValue, orderedGroups } from '../../answerOrder';
import { ChoiceView, type Mode } from '../choiceView';
import { button, element } from '../dom';
import { exactText } from '../exactText';
import type { MarkdownOptions } from '../markdownView';
import type { InsertCell } from '../tokenDetails';
import { AnswerStage } from '../answerStage';
import { drawChanges } from './changesView';

/** A place where answers differ, to go to. */
export interface DiffTarget {
  key: unknown;
  words: string;
  go: () => void;
}

interface Column {
  view: ChoiceView;
  badge: HTMLElement;
  continueButton: HTMLButtonElement;
}

export class AnswerColumns {
  constructor(
    private readonly comparison: Comparison,
    private readonly options: MarkdownOptions,
    private readonly insertCell: InsertCell,
    onMode: (mode: Mode) => void,
    private readonly onChosen: (place: number) => void,
    private readonly say: (words: string) => void
  ) {
    this.stage = new AnswerStage(comparison.results, insertCell, onMode);
    this.failed = comparison.results.flatMap(({ result }) =>
      result.error && !result.choices.length ? [failure(result.coordinates, result.error)] : []
    );
  }

  /** Show the answers in an order, and how they differ from the base if that is asked for. */
  async show(look: ViewState): Promise<void> {
    this.look = look;
    this.stage.node.classList.toggle('chm-listed', look.view === 'list');
    const { answers } = this.comparison;
    const shown = orderedGroups(this.comparison, look.order).map(group => {
      const place = this.picked.get(group[0]) ?? group[0];
      const column = this.column(place, group);
      const isBase = group.includes(look.base);
      const base = answers[look.base];
      column.view.setChanges(
        look.isDiff && !isBase ? () => drawChanges(base, answers[place], look.by) : null
      );
      column.badge.hidden = !look.isDiff || !isBase;
      column.continueButton.setAttribute('aria-pressed', String(look.chosen === place));
      column.view.node.classList.toggle('chm-base', look.isDiff && isBase);
      column.view.node.classList.toggle('chm-continued', look.chosen === place);
      return column.view;
    });
    this.shown = shown;
    await this.stage.set(shown, [...shown.map(({ node }) => node), ...this.failed]);
  }

  /** Return the place of the answer that a digit means: its title, else its place from the left. */
  placeOf(digit: string): number | null {
    const { answers } = this.comparison;
    const titled = answers.findIndex(({ title }) => title === digit);
    const isNumbered = answers.every(({ title }) => /^\d+$/.test(title));
    if (isNumbered && answers.some(({ title }) => title === '0')) {
      return titled < 0 ? null : titled;
    }
    const view = this.shown[Number(digit) - 1];
    return view ? answers.findIndex(({ answer }) => answer === view.answer) : null;
  }

  /** Return the places where the answers differ, as far as they are drawn. */
  diffTargets(): DiffTarget[] {
    if (this.stage.mode === 'tokens' && !this.look?.isDiff) {
      return this.shown.flatMap(view => this.tokenTarget(view));
    }
    const selector = this.look?.isDiff ? '.chm-changes .chm-diff-target' : '.chm-diff-target';
    const marks = Array.from(this.stage.columns.querySelectorAll<HTMLElement>(selector));
    return marks
      .filter(mark => !mark.closest('[hidden]'))
      .map(mark => ({
        key: mark,
        words: mark.getAttribute('aria-label') ?? `parts at “${mark.textContent ?? ''}”`,
        go: () => {
          mark.tabIndex = -1;
          mark.focus({ preventScroll: true });
          mark.scrollIntoView({ block: 'nearest', inline: 'nearest' });
        }
      }));
  }

  dispose(): void {
    this.stage.dispose();
  }

  private tokenTarget({ answer }: ChoiceView): DiffTarget[] {
    const compared = this.comparison.answers.find(each => each.answer === answer);
    if (!compared || compared.start === compared.end || !answer.pieces.length) {
      return [];
    }
    const piece = pieceIndexAt(answer.pieces, compared.start);
    const words = `parts at “${answer.pieces[piece].text}”`;
    return [{ key: answer, words, go: () => void this.stage.inspect(answer, piece) }];
  }

  private column(place: number, group: readonly number[]): Column {
    const found = this.columns.get(place);
    if (found) {
      return found;
    }
    const compared = this.comparison.answers[place];
    const badge = element('span', 'chm-badge', 'base');
    badge.title = 'the others are compared with this one';
    const continueButton = this.makeContinueButton(compared);
    const differs = this.comparison.groups.length > 1 && compared.end > 0;
    const frame = {
      title: this.nameOf(compared),
      head: [...this.head(compared, group), badge],
      metrics: metrics(compared),
      foot: [continueButton],
      divergence: differs ? { start: compared.start, end: compared.end } : null
    };
    const view = new ChoiceView(compared.answer, frame, this.options, piece =>
      this.inspect(compared, piece)
    );
    const column = { view, badge, continueButton };
    this.columns.set(place, column);
    return column;
  }

  private nameOf({ title }: ComparedAnswer): string {
    return /^\d+$/.test(title) ? `choice ${title}` : title;
  }

  private inspect({ answer }: ComparedAnswer, piece: number): void {
    void this.stage.inspect(answer, piece);
  }

  private head(compared: ComparedAnswer, group: readonly number[]): HTMLElement[] {
    const { results } = this.comparison;
    const { facts, error, warnings } = results[compared.result].result;
    const isSole = results.length === 1;
    const common = commonWarnings(this.comparison);
    const own = warnings.filter(words => !common.includes(words));
    return [
      exactText('strong', '', compared.title),
      ...(group.length > 1 ? this.count(compared, group) : []),
      ...(isSole ? [] : facts.map(fact => exactText('span', 'chm-fact', fact))),
      ...(isSole ? [] : [...(error ? [error] : []), ...own]).map(words =>
        exactText('span', 'chm-warning chm-run-warning', words)
      )
    ];
  }

  /** Make the count of identical answers, which says which they are and shows another of them. */
  private count({ place }: ComparedAnswer, group: readonly number[]): HTMLElement[] {
    const { answers } = this.comparison;
    const others = element('span', 'chm-identical', 'the same text:');
    others.hidden = true;
    others.append(
      ...group.map(member => {
        const act = (): void => void this.pick(group, member);
        const each = button('', 'Show the tokens and figures of this one', act, 'chm-mode');
        each.append(...exactText('span', '', answers[member].title).childNodes);
        each.setAttribute('aria-pressed', String(member === place));
        return each;
      })
    );
    const titles = group.map(member => answers[member].title).join(', ');
    const toggle = button(
      `×${group.length}`,
      `${group.length} answers have this text: ${titles}`,
      () => {
        others.hidden = !others.hidden;
        toggle.setAttribute('aria-expanded', String(!others.hidden));
      },
      'chm-count'
    );
    toggle.setAttribute('aria-expanded', 'false');
    return [toggle, others];
  }

  private async pick(group: readonly number[], member: number): Promise<void> {
    this.picked.set(group[0], member);
    if (!this.look) {
      return;
    }
    await this.show(this.look);
    const toggle = this.columns.get(member)?.view.node.querySelector<HTMLElement>('.chm-count');
    toggle?.click();
    toggle?.focus();
  }

  private makeContinueButton({ place, answer }: ComparedAnswer): HTMLButtonElement {
    const why = whyNotOn(answer);
    const act = async (): Promise<void> => {
      this.say(await this.insertCell(writeNext(answer)));
      this.onChosen(place);
    };
    const node = button(
      'Go on with this',
      why ? `Not possible: ${why}` : 'Write a cell below that goes on after this answer',
      () => void act(),
      'chm-continue'
    );
    node.disabled = why !== null;
    return node;
  }

  readonly stage: AnswerStage;
  private readonly failed: HTMLElement[];
  private readonly columns = new Map<number, Column>();
  /** By a group's first answer, the one of it that is shown. */
  private readonly picked = new Map<number, number>();
  private shown: ChoiceView[] = [];
  private look: ViewState | null = null;
}

function metrics(compared: ComparedAnswer): string[] {
  const mean = metricValue(compared, 'mean_logprob');
  return mean === null ? [] : [`mean logprob ${mean.toFixed(2).replace('-', '−')}`];
}

function failure(coordinates: { title: string }[] | undefined, error: string): HTMLElement {
  const title = titleOf(coordinates ?? []);
  return element(
    'article',
    'chm-choice chm-failed',
    element('div', 'chm-choice-head', exactText('strong', '', title), 'failed'),
    exactText('p', 'chm-warning', error)
  );
}
