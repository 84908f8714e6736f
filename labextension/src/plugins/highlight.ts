/** Highlights `%%chat` cells as prose, and `%chat` lines; cell/marks.ts finds what is marked. */

import {
  Compartment,
  EditorState,
  Prec,
  RangeSetBuilder,
  StateField,
  type Extension
} from '@codemirror/state';
import { Decoration, EditorView } from '@codemirror/view';
import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import {
  EditorExtensionRegistry,
  IEditorExtensionRegistry,
  IEditorLanguageRegistry
} from '@jupyterlab/codemirror';
import { isChatCell } from '../cell/grammar';
import { marksOf, type Mark } from '../cell/marks';
import { theme } from './theme';

/** The beginning of a cell, which tells its kind. */
const HEAD_CHARACTERS = 256;

const markField = StateField.define<Mark[]>({
  create: state => marksOf(state.doc.toString()),
  update: (marks, change) => (change.docChanged ? marksOf(change.newDoc.toString()) : marks)
});

/** Decorate some of the marks; those of higher precedence are the inner ones. */
function decorations(isIncluded: (mark: Mark) => boolean): Extension {
  return EditorView.decorations.compute([markField], state => {
    const builder = new RangeSetBuilder<Decoration>();
    for (const { kind, from, to, title } of state.field(markField).filter(isIncluded)) {
      const attributes = title ? { title } : {};
      builder.add(from, to, Decoration.mark({ class: `cm-chat-${kind}`, attributes }));
    }
    return builder.finish();
  });
}

/** Markdown's spans are between the ground, which resets their style, and the marks. */
const marks = [
  markField,
  Prec.lowest(decorations(mark => mark.kind === 'ground')),
  Prec.highest(decorations(mark => mark.kind !== 'ground'))
];

function isChat(state: { sliceString(from: number, to: number): string }): boolean {
  return isChatCell(state.sliceString(0, HEAD_CHARACTERS));
}

/** Return an extension that marks, makes `%%chat` cells prose, and follows what is typed. */
function chatLanguage(prose: Extension, source: string): Extension {
  const compartment = new Compartment();
  const inChat = [Prec.highest(prose), EditorView.lineWrapping];
  const follow = EditorState.transactionExtender.of(change => {
    const now = change.docChanged && isChat(change.newDoc);
    if (!change.docChanged || now === isChat(change.startState.doc)) {
      return null;
    }
    return { effects: compartment.reconfigure(now ? inChat : []) };
  });
  return [compartment.of(isChatCell(source) ? inChat : []), follow, marks, theme];
}

export const highlight: JupyterFrontEndPlugin<void> = {
  id: 'chat-magic:highlight',
  description:
    'Colours %%chat cells as prose and %chat lines, with roles, options and templates marked.',
  autoStart: true,
  requires: [IEditorExtensionRegistry, IEditorLanguageRegistry],
  activate: async (
    _app,
    extensions: IEditorExtensionRegistry,
    languages: IEditorLanguageRegistry
  ) => {
    const markdown = await languages.getLanguage('ipythongfm');
    extensions.addExtension({
      name: 'chat-magic:highlight',
      factory: ({ inline, model }) =>
        inline && model.mimeType !== 'text/x-ipythongfm'
          ? EditorExtensionRegistry.createImmutableExtension(
              chatLanguage(markdown?.support ?? [], model.sharedModel.getSource())
            )
          : null
    });
  }
};
