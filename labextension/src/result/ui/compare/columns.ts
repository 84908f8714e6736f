/** Answers side by side or below each other; those with one text share a column. */

import { whyNotOn, writeNext } from '../../branch';
import { commonWarnings, titleOf, type Compared, type Comparison } from '../../comparison';
import { pieceAt } from '../../tokens';
import type { Look } from '../../lookup';
import { figureOf, ranked } from '../../ranking';
import { ChoiceView, type Mode } from '../choiceView';
import { button, element } from '../dom';
import { exact } from '../exact';
import type { MarkdownOptions } from '../markdownText';
import type { InsertCell } from '../panel';
import { Stage } from '../stage';
import { drawChanges } from './changes';

/** A place where answers differ, to go to. */
export interface Goal {
  key: unknown;
  words: string;
  go: () => void;
}

interface Column {
  view: ChoiceView;
  badge: HTMLElement;
  goOn: HTMLButtonElement;
}

export class Columns {
  constructor(
    private readonly comparison: Comparison,
    private readonly options: MarkdownOptions,
    private readonly insertCell: InsertCell,
    onMode: (mode: Mode) => void,
    private readonly onChosen: (place: number) => void,
    private readonly say: (words: string) => void
  ) {
    this.stage = new Stage(comparison.results, insertCell, onMode);
    this.failed = comparison.results.flatMap(({ result }) =>
      result.error && !result.choices.length ? [failure(result.coordinates, result.error)] : []
    );
  }

  /** Show the answers in an order, and how they differ from the base if that is asked for. */
  async show(look: Look): Promise<void> {
    this.look = look;
    this.stage.node.classList.toggle('chm-listed', look.view === 'list');
    const { answers } = this.comparison;
    const shown = ranked(this.comparison, look.order).map(group => {
      const place = this.picked.get(group[0]) ?? group[0];
      const column = this.column(place, group);
      const isBase = group.includes(look.base);
      const base = answers[look.base];
      column.view.setChanges(
        look.isDiff && !isBase ? () => drawChanges(base, answers[place], look.by) : null
      );
      column.badge.hidden = !look.isDiff || !isBase;
      column.goOn.setAttribute('aria-pressed', String(look.chosen === place));
      column.view.node.classList.toggle('chm-base', look.isDiff && isBase);
      column.view.node.classList.toggle('chm-taken', look.chosen === place);
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
  goals(): Goal[] {
    if (this.stage.mode === 'tokens' && !this.look?.isDiff) {
      return this.shown.flatMap(view => this.tokenGoal(view));
    }
    const selector = this.look?.isDiff ? '.chm-changes .chm-goal' : '.chm-goal';
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

  private tokenGoal({ answer }: ChoiceView): Goal[] {
    const compared = this.comparison.answers.find(each => each.answer === answer);
    if (!compared || compared.start === compared.end || !answer.pieces.length) {
      return [];
    }
    const piece = pieceAt(answer.pieces, compared.start);
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
    const goOn = this.goOnButton(compared);
    const differs = this.comparison.groups.length > 1 && compared.end > 0;
    const frame = {
      title: this.nameOf(compared),
      head: [...this.head(compared, group), badge],
      figures: figures(compared),
      foot: [goOn],
      parting: differs ? { start: compared.start, end: compared.end } : null
    };
    const view = new ChoiceView(compared.answer, frame, this.options, piece =>
      this.inspect(compared, piece)
    );
    const column = { view, badge, goOn };
    this.columns.set(place, column);
    return column;
  }

  private nameOf({ title }: Compared): string {
    return /^\d+$/.test(title) ? `choice ${title}` : title;
  }

  private inspect({ answer }: Compared, piece: number): void {
    void this.stage.inspect(answer, piece);
  }

  private head(compared: Compared, group: readonly number[]): HTMLElement[] {
    const { results } = this.comparison;
    const { facts, error, warnings } = results[compared.result].result;
    const isSole = results.length === 1;
    const common = commonWarnings(this.comparison);
    const own = warnings.filter(words => !common.includes(words));
    return [
      exact('strong', '', compared.title),
      ...(group.length > 1 ? this.count(compared, group) : []),
      ...(isSole ? [] : facts.map(fact => exact('span', 'chm-took', fact))),
      ...(isSole ? [] : [...(error ? [error] : []), ...own]).map(words =>
        exact('span', 'chm-warning chm-run-warning', words)
      )
    ];
  }

  /** Make the count of identical answers, which says which they are and shows another of them. */
  private count({ place }: Compared, group: readonly number[]): HTMLElement[] {
    const { answers } = this.comparison;
    const others = element('span', 'chm-others', 'the same text:');
    others.hidden = true;
    others.append(
      ...group.map(member => {
        const act = (): void => void this.pick(group, member);
        const each = button('', 'Show the tokens and figures of this one', act, 'chm-mode');
        each.append(...exact('span', '', answers[member].title).childNodes);
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

  private goOnButton({ place, answer }: Compared): HTMLButtonElement {
    const why = whyNotOn(answer);
    const act = async (): Promise<void> => {
      this.say(await this.insertCell(writeNext(answer)));
      this.onChosen(place);
    };
    const node = button(
      'Go on with this',
      why ? `Not possible: ${why}` : 'Write a cell below that goes on after this answer',
      () => void act(),
      'chm-go-on'
    );
    node.disabled = why !== null;
    return node;
  }

  readonly stage: Stage;
  private readonly failed: HTMLElement[];
  private readonly columns = new Map<number, Column>();
  /** By a group's first answer, the one of it that is shown. */
  private readonly picked = new Map<number, number>();
  private shown: ChoiceView[] = [];
  private look: Look | null = null;
}

function figures(compared: Compared): string[] {
  const mean = figureOf(compared, 'mean_logprob');
  return mean === null ? [] : [`mean logprob ${mean.toFixed(2).replace('-', '−')}`];
}

function failure(coordinates: { title: string }[] | undefined, error: string): HTMLElement {
  const title = titleOf(coordinates ?? []);
  return element(
    'article',
    'chm-choice chm-failed',
    element('div', 'chm-choice-head', exact('strong', '', title), 'failed'),
    exact('p', 'chm-warning', error)
  );
}
