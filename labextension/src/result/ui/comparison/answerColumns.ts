/** Answers side by side or below each other; identical ones share a column. */

import { commonWarnings, gridTitle, type ComparedAnswer, type Comparison } from '../../comparison';
import { itemAt } from '../../indexing';
import type { PayloadCoordinate, PayloadUnit } from '../../payloadTypes';
import { nats } from '../../tokenFormat';
import { pieceIndexAt } from '../../tokens';
import type { ViewState } from '../../viewState';
import { metricValue, orderedGroups } from '../../answerOrder';
import { ChoiceView, drawContinueButton, type Mode } from '../choiceView';
import { button, element, type Child } from '../dom';
import { exactText } from '../exactText';
import type { MarkdownOptions } from '../markdownView';
import type { InsertCell } from '../tokenDetails';
import { AnswerStage } from '../answerStage';
import { drawChanges } from './changesView';

/** A difference that the user can go to. */
export interface DiffTarget {
  key: unknown;
  description: string;
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
    private readonly onChosen: (index: number) => void,
    private readonly say: (message: string) => void,
    private readonly onUnit: (by: PayloadUnit) => void = () => undefined
  ) {
    this.stage = new AnswerStage(comparison.results, insertCell, onMode);
    this.failed = comparison.results.flatMap(({ result }) =>
      result.error && !result.choices.length ? [failure(result.coordinates, result.error)] : []
    );
  }

  /** Show the answers in an order, or their changes from the base. */
  async show(state: ViewState): Promise<void> {
    this.state = state;
    this.stage.node.classList.toggle('chm-listed', state.view === 'list');
    const { answers } = this.comparison;
    const shown = this.groupsOf(state).map(group => {
      const index = this.shownMember(group);
      const column = this.column(index, group);
      const isBase = group.includes(state.base);
      const base = itemAt(answers, state.base);
      column.view.setChanges(
        state.isDiff && !isBase ? () => this.changes(base, itemAt(answers, index), state.by) : null
      );
      column.badge.hidden = !state.isDiff || !isBase;
      column.continueButton.setAttribute('aria-pressed', String(state.chosen === index));
      column.view.node.classList.toggle('chm-base', state.isDiff && isBase);
      column.view.node.classList.toggle('chm-continued', state.chosen === index);
      return column.view;
    });
    this.shown = shown;
    await this.stage.set(shown, [...shown.map(({ node }) => node), ...this.failed]);
  }

  /** Return the index of the answer that a digit stands for; null if there is none. */
  indexByDigit(digit: string): number | null {
    const found = this.comparison.answers.find(({ number }) => String(number) === digit);
    return found?.index ?? null;
  }

  /** Return the differences between the answers, as far as they are drawn. */
  diffTargets(): DiffTarget[] {
    if (this.stage.mode === 'tokens' && !this.state?.isDiff) {
      return this.shown.flatMap(view => this.tokenTarget(view));
    }
    const selector = this.state?.isDiff ? '.chm-changes .chm-diff-target' : '.chm-diff-target';
    const marks = Array.from(this.stage.columns.querySelectorAll<HTMLElement>(selector));
    return marks
      .filter(mark => !mark.closest('[hidden]'))
      .map(mark => ({
        key: mark,
        description: mark.getAttribute('aria-label') ?? `diverges at “${mark.textContent}”`,
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

  private changes(base: ComparedAnswer, other: ComparedAnswer, by: PayloadUnit): HTMLElement {
    return drawChanges(base, other, by, () => this.onUnit('sentence'));
  }

  private tokenTarget({ answer }: ChoiceView): DiffTarget[] {
    const compared = this.comparison.answers.find(candidate => candidate.answer === answer);
    if (!compared || compared.start === compared.end || !answer.pieces.length) {
      return [];
    }
    const piece = pieceIndexAt(answer.pieces, compared.start);
    const description = `diverges at “${answer.piece(piece).text}”`;
    return [{ key: answer, description, go: () => void this.stage.inspect(answer, piece) }];
  }

  /** Return the groups in order; in a diff that of the base is first, where it stays in sight. */
  private groupsOf({ order, isDiff, base }: ViewState): number[][] {
    const groups = orderedGroups(this.comparison, order);
    const isBase = (group: readonly number[]): boolean => isDiff && group.includes(base);
    return [...groups.filter(isBase), ...groups.filter(group => !isBase(group))];
  }

  /** Return the member of a group of identical answers that is shown. */
  private shownMember(group: readonly number[]): number {
    const first = itemAt(group, 0);
    return this.picked.get(first) ?? first;
  }

  private column(index: number, group: readonly number[]): Column {
    const existing = this.columns.get(index);
    if (existing) {
      return existing;
    }
    const compared = itemAt(this.comparison.answers, index);
    const badge = element('span', 'chm-badge', 'base');
    badge.title = 'The other answers are compared with this answer';
    const continueButton = drawContinueButton(compared.answer, this.insertCell, message => {
      this.say(message);
      this.onChosen(index);
    });
    const differs = this.comparison.groups.length > 1 && compared.end > 0;
    const frame = {
      title: this.nameOf(compared),
      head: [...this.head(compared, group), badge],
      metrics: meanLogprob(compared),
      foot: [continueButton],
      divergence: differs ? { start: compared.start, end: compared.end } : null
    };
    const view = new ChoiceView(compared.answer, frame, this.options, piece =>
      this.inspect(compared, piece)
    );
    const column = { view, badge, continueButton };
    this.columns.set(index, column);
    return column;
  }

  private nameOf({ title }: ComparedAnswer): string {
    return this.comparison.results.length === 1 ? `choice ${title}` : title;
  }

  private inspect({ answer }: ComparedAnswer, piece: number): void {
    void this.stage.inspect(answer, piece);
  }

  private head(compared: ComparedAnswer, group: readonly number[]): Child[] {
    const { results } = this.comparison;
    const { facts, error, warnings } = itemAt(results, compared.result).result;
    const isSingle = results.length === 1;
    const common = commonWarnings(this.comparison);
    const messages = [
      ...(error ? [error] : []),
      ...warnings.filter(warning => !common.includes(warning))
    ];
    return [
      isSingle ? null : keyOf(compared),
      exactText('strong', '', compared.title),
      ...(group.length > 1 ? this.count(compared, group) : []),
      ...(isSingle ? [] : facts.map(fact => exactText('span', 'chm-fact', fact))),
      ...(isSingle ? [] : messages).map(message =>
        exactText('span', 'chm-warning chm-run-warning', message)
      )
    ];
  }

  /** Make the count of identical answers, which lists them and lets the user pick another. */
  private count({ index }: ComparedAnswer, group: readonly number[]): HTMLElement[] {
    const { answers } = this.comparison;
    const others = element('span', 'chm-identical', 'same text:');
    others.hidden = true;
    others.append(
      ...group.map(member => {
        const act = (): void => void this.pick(group, member);
        const node = button('', 'Show the tokens and metrics of this answer', act, 'chm-mode');
        node.append(...exactText('span', '', itemAt(answers, member).title).childNodes);
        node.setAttribute('aria-pressed', String(member === index));
        return node;
      })
    );
    const titles = group.map(member => itemAt(answers, member).title).join(', ');
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
    this.picked.set(itemAt(group, 0), member);
    if (!this.state) {
      return;
    }
    await this.show(this.state);
    const toggle = this.columns.get(member)?.view.node.querySelector<HTMLElement>('.chm-count');
    toggle?.click();
    toggle?.focus();
  }

  readonly stage: AnswerStage;
  private readonly failed: HTMLElement[];
  private readonly columns = new Map<number, Column>();
  /** By a group's first answer, the member that is shown. */
  private readonly picked = new Map<number, number>();
  private shown: ChoiceView[] = [];
  private state: ViewState | null = null;
}

/** Draw the number of an answer; its title is another. */
function keyOf({ number }: ComparedAnswer): HTMLElement {
  const node = element('span', 'chm-number-key', String(number));
  node.title = `Run ${number} of the results, counted from 0`;
  return node;
}

function meanLogprob(compared: ComparedAnswer): string[] {
  const mean = metricValue(compared, 'mean_logprob');
  return mean === null ? [] : [`mean logprob ${nats(mean)}`];
}

function failure(coordinates: readonly PayloadCoordinate[], error: string): HTMLElement {
  const title = gridTitle(coordinates);
  return element(
    'article',
    'chm-choice chm-failed',
    element('div', 'chm-choice-head', exactText('strong', '', title), 'failed'),
    exactText('p', 'chm-warning', error)
  );
}
