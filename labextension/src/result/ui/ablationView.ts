/** An ablation: the painted prompt, and beside it its segments, the largest effect first. */

import type {
  PayloadAblation,
  PayloadPaintedMessage,
  PayloadPaintedPiece,
  PayloadPromptSegment
} from '../payloadTypes';
import { button, element } from './dom';
import { exactText } from './exactText';
import type { InsertCell } from './tokenDetails';

const LEGEND =
  'blue over a solid line gives to it, amber over a dashed line takes from it: ' +
  'it moves the answer, which need not be its cause';

export class AblationView {
  constructor(
    model: string,
    private readonly ablation: PayloadAblation,
    private readonly insertCell: InsertCell
  ) {
    this.effect.setAttribute('role', 'status');
    this.node = element(
      'section',
      'chm-result chm-ablation',
      this.drawHead(model),
      exactText('p', 'chm-hint', ablation.subject),
      element('div', 'chm-ablation-body', this.drawPrompt(), this.drawList())
    );
  }

  /** An ablation has one view only. */
  async setMode(): Promise<void> {
    return Promise.resolve();
  }

  dispose(): void {
    this.node.remove();
  }

  private drawHead(model: string): HTMLElement {
    const { facts, warnings } = this.ablation;
    const notices = warnings.map(warning => exactText('p', 'chm-warning', warning));
    const line = element('span', 'chm-facts', facts.join(' · '));
    return element('header', '', element('strong', '', model), ' ', line, ...notices);
  }

  private drawPrompt(): HTMLElement {
    const messages = this.ablation.messages.flatMap(message => this.drawMessage(message));
    const legend = element('p', 'chm-hint', LEGEND);
    return element('div', 'chm-ablation-prompt', ...messages, this.effect, legend);
  }

  private drawMessage({ role, pieces }: PayloadPaintedMessage): HTMLElement[] {
    const text = element('div', 'chm-ablation-text', ...pieces.map(piece => this.drawPiece(piece)));
    return [element('div', 'chm-facts', role), text];
  }

  private drawPiece({ text, segment }: PayloadPaintedPiece): HTMLElement {
    const found = segment === null ? undefined : this.ablation.segments[segment];
    const node = exactText('span', paintOf(found), text);
    if (found) {
      node.tabIndex = 0;
      node.title = found.words;
      node.setAttribute('aria-label', `${text.trim()}: ${found.words}`);
      node.addEventListener('focus', () => this.show(found));
      node.addEventListener('mouseenter', () => this.show(found));
      if (found.cell !== null) {
        node.addEventListener('click', () => void this.insert(found));
        node.addEventListener('keydown', event => {
          if (event.key === 'Enter') {
            event.preventDefault();
            void this.insert(found);
          }
        });
      }
    }
    return node;
  }

  private drawList(): HTMLElement {
    const rows = this.ablation.ranked.flatMap(number => {
      const segment = this.ablation.segments[number];
      return segment ? [this.drawRow(segment)] : [];
    });
    return element('ol', 'chm-ablation-list', ...rows);
  }

  private drawRow(segment: PayloadPromptSegment): HTMLElement {
    const words = exactText('span', paintOf(segment), segment.words);
    const name = exactText('span', '', `“${segment.excerpt}”`);
    const write =
      segment.cell === null
        ? null
        : button('Write without', 'Write a cell without this segment', () => {
            void this.insert(segment);
          });
    return element('li', '', name, ' ', words, ' ', write);
  }

  private show({ excerpt, words }: PayloadPromptSegment): void {
    this.effect.replaceChildren(exactText('span', '', `“${excerpt}” ${words}`));
  }

  private async insert({ cell }: PayloadPromptSegment): Promise<void> {
    if (cell !== null) {
      this.effect.textContent = await this.insertCell(cell);
    }
  }

  readonly node: HTMLElement;
  private readonly effect = element('p', 'chm-ablation-effect');
}

/** Return the classes of a segment's paint: its hue, its pattern and its strength. */
function paintOf(segment: PayloadPromptSegment | undefined): string {
  if (!segment?.grade) {
    return segment ? 'chm-segment' : '';
  }
  const way = segment.grade > 0 ? 'chm-gives' : 'chm-takes';
  return `chm-segment ${way} chm-grade${Math.abs(segment.grade)}`;
}
