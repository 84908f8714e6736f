/** The header of a result that was run before: its version, the earlier ones, and a diff. */

import {
  savedWords,
  versionName,
  type Change,
  type ResultDiff,
  type Row,
  type Version,
  type VersionSource
} from '../versions';
import type { Payload } from '../payloadTypes';
import { note } from './choiceView';
import { drawTextChanges } from './comparison/changesView';
import { button, element, type Child } from './dom';
import { exactText } from './exactText';

export class VersionBar {
  /** Draw the versions; `draw` draws another result in place, null for the one of the output. */
  constructor(private readonly draw: (payload: Payload | null) => void) {
    this.node.setAttribute('aria-label', 'Versions');
    this.node.hidden = true;
    this.name.setAttribute('aria-live', 'polite');
    for (const step of [this.back, this.forth]) {
      step.setAttribute('aria-label', step.title); // a screen reader spells ‹, or skips it
    }
    this.node.append(
      element('div', 'chm-version-line', this.name, this.back, this.forth, this.differ, this.saved),
      this.body
    );
  }

  /** Offer these versions, and say how many the notebook has saved. */
  setSource(source: VersionSource | null, saved: number): void {
    this.source = source;
    this.shown = source?.current ?? 0;
    this.request += 1;
    this.saved.textContent = savedWords(saved);
    this.node.hidden = source === null;
    this.body.replaceChildren();
    this.update();
  }

  private version(offset = 0): Version | null {
    return this.source?.versions[this.shown + offset] ?? null;
  }

  private update(): void {
    const [shown, before] = [this.version(), this.version(-1)];
    this.name.textContent = shown ? versionName(shown.number) : '';
    this.name.title = shown?.title ?? '';
    this.back.disabled = before === null;
    this.forth.disabled = this.version(1) === null;
    this.differ.hidden = !before || !this.source?.diff;
    this.differ.textContent = before ? `Diff with ${versionName(before.number)}` : '';
    this.node.classList.toggle('chm-earlier', this.shown !== this.source?.current);
  }

  /** Show the version before or after in place, an earlier or later one with its cell. */
  private async step(offset: number): Promise<void> {
    const { source } = this;
    const version = this.version(offset);
    if (!source || !version) {
      return;
    }
    this.shown += offset;
    this.update();
    const [pressed, other] = offset < 0 ? [this.back, this.forth] : [this.forth, this.back];
    if (pressed.disabled) {
      other.focus(); // a disabled button loses the focus
    }
    await this.load(async () => {
      if (this.shown === source.current) {
        return { children: [], payload: null };
      }
      const { cell, payload } = await source.show(version);
      return { children: [cell === null ? null : exactText('pre', 'chm-raw', cell)], payload };
    });
  }

  private async compare(): Promise<void> {
    const [before, after] = [this.version(-1), this.version()];
    const compare = this.source?.diff;
    if (before && after && compare) {
      await this.load(async () => ({ children: [drawDiff(await compare(before, after))] }));
    }
  }

  /** Fill the body, unless more was asked for meanwhile, and draw the result of a step. */
  private async load(
    get: () => Promise<{ children: Child[]; payload?: Payload | null }>
  ): Promise<void> {
    const request = ++this.request;
    const { source, shown } = this;
    const filled = await get().catch((error: unknown) => ({
      children: [note(error instanceof Error ? error.message : String(error))]
    }));
    if (request === this.request) {
      this.body.replaceChildren(element('div', '', ...filled.children));
    }
    const isShown = source === this.source && shown === this.shown;
    if (isShown && 'payload' in filled) {
      this.draw(filled.payload);
    }
  }

  readonly node = element('nav', 'chm-versions');
  private readonly name = element('strong', '');
  private readonly back = button('‹', 'The version before', () => void this.step(-1));
  private readonly forth = button('›', 'The version after', () => void this.step(1));
  private readonly differ = button(
    '',
    'What changed in the prompt and the answers',
    () => void this.compare()
  );
  private readonly saved = element('span', 'chm-muted');
  private readonly body = element('div', 'chm-version-body');
  private source: VersionSource | null = null;
  private shown = 0;
  private request = 0;
}

/** Draw what changed in the prompt beside what changed in the answers. */
export function drawDiff({ before, after, prompt, answers }: ResultDiff): HTMLElement {
  const messages = prompt.messages.map(({ role, changes }) =>
    element('div', '', exactText('strong', '', role), drawChanges(changes))
  );
  return element(
    'div',
    'chm-version-diff',
    element(
      'section',
      '',
      element('div', 'chm-muted', `prompt: ${before} → ${after}`),
      prompt.note ? note(prompt.note) : null,
      ...prompt.parameters.map(row => drawRow(row)),
      ...messages
    ),
    element(
      'section',
      '',
      element('div', 'chm-muted', `answer: ${before} → ${after}`),
      answers.note ? note(answers.note) : null,
      answers.changes.length ? drawChanges(answers.changes) : null,
      ...answers.rows.map(row => drawRow(row))
    )
  );
}

function drawChanges(changes: readonly Change[]): HTMLElement {
  const parts = changes.map(([kind, text]) => ({ kind, text }));
  return element('div', 'chm-exact', ...drawTextChanges(parts, part => [drawChange(part)]));
}

function drawChange({ kind, text }: { kind: Change[0]; text: string }): Child {
  switch (kind) {
    case 'same':
      return exactText('span', 'chm-same', text);
    case 'left out':
      return element('span', 'chm-muted', ` … ${text} … `);
    default:
      return exactText(kind === 'insert' ? 'ins' : 'del', text.trim() ? '' : 'chm-blank', text);
  }
}

function drawRow([name, before, after]: Row): HTMLElement {
  const values =
    before || after ? [exactText('del', '', before), ' → ', exactText('ins', '', after)] : [];
  return element('div', 'chm-version-row', exactText('span', 'chm-mono', name), ' ', ...values);
}
