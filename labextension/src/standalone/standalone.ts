/** Results outside JupyterLab: in an exported page, VS Code, marimo, and sandboxes of notebooks. */

import { Lexer, Parser } from 'marked';
import { MIME_TYPE } from '../result/payload';
import type { MarkdownOptions } from '../result/ui/markdownView';
import { element } from '../result/ui/dom';
import { Root, type Front, type Memory } from '../result/ui/root';
import { isDark, whenShown } from './theme';

import '../../style/alone.css';
import '../../style/result.css';
import '../../style/comparison.css';
import '../../style/ablation.css';
import '../../style/distribution.css';
import '../../style/checks.css';

export interface Mounted {
  /** Draw another payload in place. */
  update: (payload: unknown) => Promise<void>;
  dispose: () => void;
}

/**
 * The views themselves keep only a few elements and attributes of the parser's HTML, in an inert
 * template, where nothing loads or runs; tags that the model wrote never reach the parser.
 */
const MARKDOWN: MarkdownOptions = {
  markdownParser: {
    render: source => Promise.resolve(Parser.parse(Lexer.lex(source)))
  },
  sanitizer: { sanitize: html => html },
  latexTypesetter: null
};

/** Draw a payload in an element, which may be put into the page later. */
export function mount(
  host: Element,
  payload: unknown,
  front: Omit<Front, 'markdown'> = {}
): Mounted {
  const node = element('div');
  const frame = element('div', 'chm-alone', node);
  if (staysStatic(payload)) {
    host.replaceChildren(element('p', '', 'Tables of rows are drawn in JupyterLab only.'));
    return { update: () => Promise.resolve(), dispose: () => host.replaceChildren() };
  }
  const root = new Root(node, { memory: memoryOf({}), ...front, markdown: MARKDOWN });
  host.replaceChildren(frame);
  void root.draw(payload);
  whenShown(host, () => {
    frame.dataset.jpThemeLight = String(!isDark(host));
    root.askVersions();
  });
  return {
    update: next => root.draw(next),
    dispose: () => {
      root.dispose();
      frame.remove();
    }
  };
}

/** Tell whether a payload is a table of rows, whose view is not in this script. */
function staysStatic(payload: unknown): boolean {
  return Boolean((payload as { rows?: unknown } | null)?.rows);
}

/** Remember how a result was viewed in an object. */
export function memoryOf(stored: Record<string, unknown>): Memory {
  return {
    get: key => stored[key],
    set: (key, value) => {
      stored[key] = value;
    }
  };
}

/**
 * Draw every payload of a page in place of its static picture, which stays where that fails.
 *
 * A payload is the JSON of a script element that runs nothing, next to its picture.
 */
export function mountAll(): void {
  const stored = document.querySelectorAll<HTMLScriptElement>(
    `script[type="${MIME_TYPE}"]:not([data-drawn])`
  );
  for (const script of Array.from(stored)) {
    script.dataset.drawn = '';
    const picture = script.previousElementSibling;
    const host = element('div');
    script.after(host);
    try {
      const { metadata, payload } = JSON.parse(script.textContent) as Stored;
      if (staysStatic(payload)) {
        host.remove();
        continue;
      }
      mount(host, payload, { memory: memoryOf({ ...metadata }) });
      picture?.setAttribute('hidden', '');
    } catch {
      host.remove();
    }
  }
}

interface Stored {
  metadata?: Record<string, unknown>;
  payload: unknown;
}

interface WidgetModel {
  get: (name: string) => unknown;
  on: (event: string, act: () => void) => void;
}

/** Draw the payload of an anywidget's model. */
export function render({ model, el }: { model: WidgetModel; el: HTMLElement }): () => void {
  const mounted = mount(el, model.get('payload'));
  model.on('change:payload', () => void mounted.update(model.get('payload')));
  return () => mounted.dispose();
}
