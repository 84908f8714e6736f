/** Keeps the keyboard in an output of ours that was clicked or focused, until Escape or a click elsewhere. */

/** What marks an output as ours: a result, a panel, an answer that streams. */
const OURS = '.chm-root, .chp-panel, .chm-live';
const OUTPUT = '.jp-OutputArea-output';
/** Where Lumino listens before the output does (Notebook 7), it ignores keys of such elements. */
const SUPPRESS = 'data-lm-suppress-shortcuts';
/** Where the focus goes when the element that had it is gone, else to the output: Enter changes nothing there. */
const FALLBACKS = ['[role=group] [aria-pressed=true]', '.chm-result'];
/** With Ctrl or Cmd these edit text, or cells; the others are commands of the application. */
const EDITING_KEYS = /^(?:[acmvxyz]|Backspace|Delete|Arrow.*)$/i;

/** Return the output of ours that contains a node. */
export function outputOf(target: EventTarget | null): HTMLElement | null {
  let output = target instanceof Element ? target.closest<HTMLElement>(OUTPUT) : null;
  while (output && !output.matches(OURS) && !output.querySelector(OURS)) {
    output = output.parentElement?.closest<HTMLElement>(OUTPUT) ?? null;
  }
  return output;
}

/** Tell whether a key is a command of the application, such as Ctrl+S. */
function isAccelerator(event: KeyboardEvent): boolean {
  return (event.ctrlKey || event.metaKey) && !event.altKey && !EDITING_KEYS.test(event.key);
}

/** Tell whether an element can have the focus: it is in the page, visible and enabled. */
function isUsable(node: Element | null): node is HTMLElement {
  return (
    node instanceof HTMLElement &&
    node.isConnected &&
    !node.closest('[hidden], :disabled') &&
    (!('checkVisibility' in node) || node.checkVisibility())
  );
}

export class KeyGuard {
  /** Watch a page. */
  constructor(private readonly page: Document) {
    const view = page.defaultView;
    page.addEventListener('mousedown', event => this.onPress(event), true);
    page.addEventListener('mouseup', () => this.onRelease(), true);
    page.addEventListener('focusin', event => this.onFocus(event.target), true);
    page.addEventListener('focusout', event => this.onBlur(event), true);
    view?.addEventListener('keydown', event => this.onAnyKey(event), true);
  }

  private onPress(event: MouseEvent): void {
    this.pressed = outputOf(event.target);
    if (this.pressed) {
      this.adopt(this.pressed);
    } else {
      this.release();
    }
  }

  /** Focus what was clicked if the page gave the focus to something around it, or to nothing. */
  private onRelease(): void {
    const { pressed } = this;
    this.pressed = null;
    if (pressed?.isConnected && !isWithin(pressed, this.page.activeElement)) {
      this.enter(pressed);
    }
  }

  private onFocus(target: EventTarget | null): void {
    this.isMoving = false;
    const output = outputOf(target);
    if (!output) {
      this.release();
      return;
    }
    this.adopt(output);
    this.owner = output;
    const area = output.closest('.jp-OutputArea') ?? output;
    if (area !== this.area) {
      this.observer.disconnect();
      this.area = area;
      this.observer.observe(area, {
        childList: true,
        subtree: true,
        attributes: true,
        attributeFilter: ['hidden', 'disabled', 'style', 'class']
      });
    }
    if (target === output) {
      this.enter(output);
    }
  }

  /** Restore the focus where it was lost to nothing, but not where the window lost it. */
  private onBlur(event: FocusEvent): void {
    if (!this.owner || this.pressed) {
      return;
    }
    this.isMoving = event.relatedTarget !== null;
    const check = (): void => {
      this.isMoving = false;
      if (this.page.hasFocus()) {
        this.restore();
      }
    };
    if (this.isMoving) {
      setTimeout(check); // what it moves to may be gone by then
    } else {
      queueMicrotask(check);
    }
  }

  private onAnyKey(event: KeyboardEvent): void {
    const output = outputOf(event.target);
    if (output) {
      // Lumino's selectors end in :focus, so that only the attribute of the target itself counts
      (event.target as Element).toggleAttribute(SUPPRESS, !isAccelerator(event));
    } else if (this.isLost() && this.restore() && !isAccelerator(event)) {
      event.preventDefault();
      event.stopImmediatePropagation();
      this.page.activeElement?.dispatchEvent(new KeyboardEvent('keydown', event));
    }
  }

  private adopt(output: HTMLElement): void {
    if (!this.adopted.has(output)) {
      this.adopted.add(output);
      output.tabIndex = -1;
      output.addEventListener('keydown', event => this.onKey(output, event));
      output.addEventListener('mousedown', event => {
        if (event.shiftKey) {
          event.stopPropagation(); // else the notebook selects cells
        }
      });
    }
  }

  private onKey(output: HTMLElement, event: KeyboardEvent): void {
    if (isAccelerator(event)) {
      return;
    }
    event.stopPropagation();
    if (event.key === 'Escape' && !event.defaultPrevented) {
      this.release();
      output.closest<HTMLElement>('.jp-Cell')?.focus({ preventScroll: true });
    }
  }

  /** Give an output the focus, in the first of its results if it has any. */
  private enter(output: HTMLElement): void {
    const result = output.querySelector<HTMLElement>('.chm-result');
    (result ?? output).focus({ preventScroll: true });
  }

  private isLost(): boolean {
    const { activeElement, body } = this.page;
    const isNowhere = activeElement === null || activeElement === body;
    return this.area !== null && isNowhere && !this.isMoving;
  }

  /** Give the focus back if it is lost; false if nothing takes it, as while a dialog is open. */
  private restore(): boolean {
    const { owner, area, page } = this;
    const isKept = isWithin(owner, page.activeElement) && isUsable(page.activeElement);
    if (!area || isKept || !(this.isLost() || isWithin(owner, page.activeElement))) {
      return false;
    }
    const output = owner?.isConnected ? owner : outputOf(area.querySelector(OURS));
    if (!output) {
      return false;
    }
    this.adopt(output);
    const found = FALLBACKS.flatMap(selector => [
      ...output.querySelectorAll<HTMLElement>(selector)
    ]).find(isUsable);
    (found ?? output).focus({ preventScroll: true });
    return isWithin(output, page.activeElement);
  }

  private release(): void {
    this.observer.disconnect();
    this.owner = this.area = null;
  }

  /** The output that has the focus, or had it when the focus was lost. */
  private owner: HTMLElement | null = null;
  /** The outputs of its cell: another output may replace it. */
  private area: Element | null = null;
  private pressed: HTMLElement | null = null;
  /** Whether the focus is on its way from one element to another: it is nowhere until then. */
  private isMoving = false;
  private readonly adopted = new WeakSet<HTMLElement>();
  private readonly observer = new MutationObserver(() => this.restore());
}

function isWithin(output: HTMLElement | null, node: Element | null): boolean {
  return output !== null && node !== null && output.contains(node);
}
