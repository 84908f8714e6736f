/** Elements made of classes and text, never of HTML. */

export type Child = Node | string | null;

/** Make an element with a class and children; a string becomes text. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className = '',
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  if (className) {
    node.className = className;
  }
  node.append(...children.filter(child => child !== null));
  return node;
}

/** Make a button with a label, a tooltip and an action. */
export function button(
  label: string,
  title: string,
  act: () => void,
  className = ''
): HTMLButtonElement {
  const node = element('button', `chm-button ${className}`.trim(), label);
  node.type = 'button';
  node.title = title;
  node.addEventListener('click', act);
  return node;
}

/** Make a select of named options. */
export function select(
  label: string,
  options: readonly string[],
  value: string,
  act: (value: string) => void
): HTMLSelectElement {
  const node = element('select', 'chm-select');
  node.setAttribute('aria-label', label);
  node.title = label;
  node.append(...options.map(option => new Option(option, option, false, option === value)));
  node.addEventListener('change', () => act(node.value));
  return node;
}

/** Make a collapsed element, which is filled when it is first opened. */
export function details(title: string, content: () => Child): HTMLDetailsElement {
  const node = element('details', 'chm-details', element('summary', '', title));
  node.addEventListener('toggle', () => {
    if (node.open && node.childElementCount === 1) {
      node.append(content() ?? '');
    }
  });
  return node;
}

/** Tell whether a key can be a command of ours: letters choose an option of a list, or are typed. */
export function isCommandKey(event: KeyboardEvent): boolean {
  const isModified = event.ctrlKey || event.metaKey || event.altKey;
  const { target } = event;
  const isText = target instanceof HTMLInputElement && target.type === 'text';
  const isTyped = isText && event.key !== 'Escape';
  return !isModified && !isTyped && !(target instanceof HTMLSelectElement);
}

/** Copy a text to the clipboard; false if the browser does not allow it. */
export async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

/** Return the selection in the document or shadow root that an element is in. */
export function selectionAt(node: Node): Selection | null {
  const root = node.getRootNode() as Node & { getSelection?: () => Selection | null };
  return root.getSelection?.() ?? document.getSelection();
}

/** Return the element that has the focus in the document or shadow root that a node is in. */
export function focusedAt(node: Node): Element | null {
  return (node.getRootNode() as Node & Partial<DocumentOrShadowRoot>).activeElement ?? null;
}

/** Return a word with a capital first letter. */
export function capitalized(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

let ids = 0;

/** Return an element id that is unique in the page. */
export function newId(): string {
  ids += 1;
  return `chm-${ids}`;
}
