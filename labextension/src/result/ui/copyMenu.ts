/** The menu of an answer: copies it, its cell, or its request as a program. */

import { writeProgram, type Language } from '../../cell/requestExport';
import type { Answer } from '../answer';
import { requestCell } from '../nextCell';
import { nextItem } from '../indexing';
import { button, copy, element, focusedAt, newId } from './dom';

const CONFIRMED_MS = 2500;

interface Entry {
  label: string;
  text: () => string;
  /** Why it cannot be copied; null if it can. */
  reason: string | null;
}

const LANGUAGES: [Language, string][] = [
  ['curl', 'Request as curl'],
  ['python', 'Request as Python (httpx)'],
  ['openai', 'Request as Python (OpenAI SDK)'],
  ['javascript', 'Request as JavaScript']
];

function entriesOf({ choice, result }: Answer): Entry[] {
  const cut =
    result.no_program ??
    (result.request.is_whole ? null : 'the request’s attachments are not stored in the notebook');
  const cell = result.cell && !result.no_program ? requestCell(result) : null;
  return [
    {
      label: 'Answer',
      text: () => choice.text,
      reason: choice.text ? null : 'the answer has no text'
    },
    {
      label: 'Cell',
      text: () => cell ?? '',
      reason: cell === null ? (cut ?? 'the request cannot be written as a cell') : null
    },
    ...LANGUAGES.map(([language, label]) => ({
      label,
      text: () => writeProgram(result, language, ''),
      reason: cut
    }))
  ];
}

export class CopyMenu {
  constructor(answer: Answer, title: string) {
    this.toggle = button('Copy…', `Copy ${title}, its cell or its request`, () =>
      this.open(this.list.hidden)
    );
    this.toggle.classList.add('chm-mode');
    this.toggle.setAttribute('aria-haspopup', 'menu');
    this.toggle.setAttribute('aria-expanded', 'false');
    this.list.id = newId();
    this.list.hidden = true;
    this.list.setAttribute('role', 'menu');
    this.list.setAttribute('aria-label', `Copy ${title}`);
    this.toggle.setAttribute('aria-controls', this.list.id);
    this.items = entriesOf(answer).map(entry => this.item(entry));
    this.list.append(...this.items);
    this.status.setAttribute('aria-live', 'polite');
    this.node = element('span', 'chm-copy-menu', this.status, this.toggle, this.list);
    this.node.addEventListener('keydown', event => this.onKey(event));
    this.node.addEventListener('focusout', ({ relatedTarget }) => {
      if (!(relatedTarget instanceof Node && this.node.contains(relatedTarget))) {
        this.open(false);
      }
    });
  }

  private item({ label, text, reason }: Entry): HTMLButtonElement {
    const act = async (): Promise<void> => {
      this.open(false);
      this.toggle.focus();
      this.confirm((await copy(text())) ? 'Copied' : 'The browser did not allow copying');
    };
    const node = button(label, reason ? `Not possible: ${reason}` : '', () => void act());
    node.disabled = reason !== null;
    node.setAttribute('role', 'menuitem');
    return node;
  }

  private confirm(message: string): void {
    this.status.textContent = message;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.status.textContent = '';
    }, CONFIRMED_MS);
  }

  private open(isOpen: boolean): void {
    this.list.hidden = !isOpen;
    this.toggle.setAttribute('aria-expanded', String(isOpen));
    if (isOpen) {
      this.items.find(({ disabled }) => !disabled)?.focus();
    }
  }

  private onKey(event: KeyboardEvent): void {
    if (this.list.hidden) {
      return;
    }
    const enabled = this.items.filter(({ disabled }) => !disabled);
    const current = enabled.find(item => item === focusedAt(item)) ?? this.toggle;
    if (event.key === 'Escape') {
      this.open(false);
      this.toggle.focus();
    } else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      const order = event.key === 'ArrowDown' ? enabled : enabled.reverse();
      nextItem<HTMLElement>(order, current).focus();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  readonly node: HTMLElement;
  private readonly toggle: HTMLButtonElement;
  private readonly list = element('span', 'chm-menu');
  private readonly items: HTMLButtonElement[];
  private readonly status = element('span', 'chm-copied');
  private timer: ReturnType<typeof setTimeout> | undefined;
}
