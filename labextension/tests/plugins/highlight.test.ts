// @vitest-environment jsdom
import { EditorState, type Extension } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { describe, expect, it, vi } from 'vitest';

vi.mock('@jupyterlab/codemirror', () => ({
  EditorExtensionRegistry: { createImmutableExtension: (extension: Extension) => extension },
  IEditorExtensionRegistry: 'extensions',
  IEditorLanguageRegistry: 'languages'
}));
const { highlight } = await import('../../src/plugins/highlight');

interface Registered {
  factory: (options: { inline: boolean; model: unknown }) => Extension | null;
}

/** Return the extension for a cell, or null. */
async function extensionFor(source: string, mimeType = 'text/x-ipython', inline = true) {
  const addExtension = vi.fn<(extension: Registered) => void>();
  const prose = EditorView.editorAttributes.of({ class: 'prose' });
  const getLanguage = (): Promise<unknown> => Promise.resolve({ support: prose });
  await highlight.activate(null as never, { addExtension }, { getLanguage });
  const [registered] = addExtension.mock.calls[0] ?? [];
  const model = { mimeType, sharedModel: { getSource: () => source } };
  return registered?.factory({ inline, model }) ?? null;
}

async function edit(source: string): Promise<EditorView> {
  const extensions = (await extensionFor(source)) ?? [];
  return new EditorView({
    parent: document.body,
    state: EditorState.create({ doc: source, extensions })
  });
}

const marked = (view: EditorView, kind: string): string[] =>
  Array.from(view.dom.querySelectorAll(`.cm-chat-${kind}`), node => node.textContent);

describe('highlighting', () => {
  it('marks a chat cell, and makes it prose', async () => {
    const view = await edit('%%chat -n 2\nuser: Hi {{ name }}');
    expect(marked(view, 'magic')).toEqual(['%%chat']);
    expect(marked(view, 'role')).toEqual(['user:']);
    expect(marked(view, 'template')).toEqual(['{{ name }}']);
    expect(view.dom.classList.contains('prose')).toBe(true);
  });

  it('leaves other cells alone', async () => {
    const view = await edit('print(1)');
    expect(view.dom.querySelector('[class*=cm-chat]')).toBeNull();
    expect(view.dom.classList.contains('prose')).toBe(false);
  });

  it('begins and ends as the cell is edited', async () => {
    const view = await edit('user: Hi');
    view.dispatch({ changes: { from: 0, insert: '%%chat\n' } });
    expect(marked(view, 'role')).toEqual(['user:']);
    view.dispatch({ changes: { from: 0, to: 2 } });
    expect(marked(view, 'role')).toEqual([]);
  });

  it.each([
    ['a file', 'text/x-ipython', false],
    ['Markdown', 'text/x-ipythongfm', true]
  ])('is not for %s', async (_about, mimeType, inline) => {
    expect(await extensionFor('%%chat', mimeType, inline)).toBeNull();
  });
});
