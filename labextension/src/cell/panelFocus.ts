/** Puts the keyboard where one works on: in a panel that was opened, in a comparison that it draws. */

const PROMPT = '.chp-message:last-of-type textarea:enabled';
const FIELD = '.chp-body :is(input, textarea, select):enabled';
const TYPED_IN = 'input, textarea, select, [contenteditable=true]';
/** How long a widget or an answer may take to be drawn. */
const PATIENCE_MS = 10_000;

/**
 * Focus the prompt of the panel in a cell, else its first field, once these are drawn.
 *
 * Nothing happens if by then the user types in a field other than the one that had the focus before.
 */
export async function focusPanel(cell: HTMLElement, before: Element | null): Promise<void> {
  const find = (): HTMLElement | null =>
    cell.querySelector('.chp-message textarea') &&
    (cell.querySelector<HTMLElement>(PROMPT) ?? cell.querySelector<HTMLElement>(FIELD));
  const field = find() ?? (await drawn(cell, find));
  const { activeElement } = document;
  if (activeElement === before || !activeElement?.matches(TYPED_IN)) {
    field?.focus();
  }
}

/** Scroll what a button of a panel draws into view; a comparison gets the focus, too. */
export async function onPanelDraw(event: Event): Promise<void> {
  const button = (event.target as Element).closest('.chp-compare, .chp-excerpt');
  const area = button?.closest<HTMLElement>('.jp-OutputArea');
  if (!button || !area) {
    return;
  }
  const result = await drawn(area, changes => {
    const last = [...area.querySelectorAll<HTMLElement>('.chm-root .chm-result')].at(-1);
    const root = last?.closest('.chm-root') ?? null;
    const isDrawn = changes.some(
      ({ target, addedNodes }) =>
        root?.contains(target) === true || [...addedNodes].some(node => node.contains(root))
    );
    return last && isDrawn ? last : null;
  });
  result?.closest('.chm-root')?.scrollIntoView({ block: 'nearest' });
  if (button.matches('.chp-compare')) {
    result?.focus({ preventScroll: true });
  }
}

/** Wait until a change of what is in an element draws what is sought; null if nothing does. */
function drawn(
  node: HTMLElement,
  find: (changes: MutationRecord[]) => HTMLElement | null
): Promise<HTMLElement | null> {
  return new Promise(resolve => {
    const end = (found: HTMLElement | null): void => {
      observer.disconnect();
      clearTimeout(timer);
      resolve(found);
    };
    const observer = new MutationObserver(changes => {
      const found = find(changes);
      if (found) {
        end(found);
      }
    });
    const timer = setTimeout(() => end(null), PATIENCE_MS);
    observer.observe(node, { childList: true, subtree: true });
  });
}
