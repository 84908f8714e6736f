/** One result: its status line, its choices side by side, and its unsure tokens. */

import type { Answer, ResultModel } from '../answer';
import { ChoiceView, drawContinueButton, note, type Mode } from './choiceView';
import { element, isCommandKey } from './dom';
import { exactText } from './exactText';
import { KeyHelp } from './keyHelp';
import type { MarkdownOptions } from './markdownView';
import type { InsertCell } from './tokenDetails';
import { AnswerStage } from './answerStage';
import { drawRound, drawStatus } from './statusLine';

export class ResultView {
  /** Draw a result, or only one of its choices, by its position. */
  constructor(
    model: ResultModel,
    options: MarkdownOptions,
    insertCell: InsertCell,
    onMode: (mode: Mode) => void,
    only: number | null = null
  ) {
    const { result, choices } = model;
    this.stage = new AnswerStage([model], insertCell, onMode);
    const shown = only === null ? choices : choices.slice(only, only + 1);
    const views = shown.map(answer => {
      const title = `choice ${answer.choice.index}`;
      const head = choices.length > 1 ? [element('strong', '', String(answer.choice.index))] : [];
      const foot = drawContinue(answer, insertCell);
      const frame = { title, head, metrics: [], foot, divergence: null };
      return new ChoiceView(
        answer,
        frame,
        options,
        piece => void this.stage.inspect(answer, piece)
      );
    });
    const nodes = views.length ? views.map(view => view.node) : [note('no answer')];
    void this.stage.set(views, nodes);
    this.help = new KeyHelp({ tokens: this.stage.hasTokens, comparison: false });
    this.node = element(
      'section',
      'chm-result',
      drawStatus(result, element('span', 'chm-controls', this.help.node, this.stage.switcher)),
      ...result.rounds.map(round => drawRound(round)),
      this.stage.node,
      this.stage.tools,
      result.unsure && shown.length === choices.length
        ? exactText('p', 'chm-unsure-line', result.unsure)
        : null
    );
    this.node.tabIndex = -1;
    this.node.addEventListener('keydown', event => {
      if (isCommandKey(event) && this.act(event.key)) {
        event.preventDefault();
        event.stopPropagation();
      }
    });
  }

  /** Show the answers as rendered text, as tokens, or as raw text. */
  async setMode(mode: Mode): Promise<void> {
    await this.stage.setMode(mode);
  }

  /** Do what a key stands for; false if it stands for nothing. */
  act(key: string): boolean {
    return this.help.act(key) || this.stage.act(key);
  }

  dispose(): void {
    this.stage.dispose();
  }

  readonly node: HTMLElement;
  private readonly stage: AnswerStage;
  private readonly help: KeyHelp;
}

/** Draw the button that continues from an answer, and where it says how that went. */
function drawContinue(answer: Answer, insertCell: InsertCell): HTMLElement[] {
  const status = element('span', 'chm-muted');
  status.setAttribute('aria-live', 'polite');
  const continueButton = drawContinueButton(answer, insertCell, message => {
    status.textContent = message;
  });
  return [status, continueButton];
}
