/** Colours `%%chat` cells as prose; what is marked is found in cell/marks.ts. */

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

/** How much of a cell says what kind it is. */
const HEAD_CHARACTERS = 256;

const found = StateField.define<Mark[]>({
  create: state => marksOf(state.doc.toString()),
  update: (marks, change) => (change.docChanged ? marksOf(change.newDoc.toString()) : marks)
});

/** Decorate the marks that are wanted; what is earlier in precedence lies within. */
function decorations(isWanted: (mark: Mark) => boolean): Extension {
  return EditorView.decorations.compute([found], state => {
    const builder = new RangeSetBuilder<Decoration>();
    for (const { kind, from, to } of state.field(found).filter(isWanted)) {
      builder.add(from, to, Decoration.mark({ class: `cm-chat-${kind}` }));
    }
    return builder.finish();
  });
}

/** Markdown's spans lie between the ground, which calms them, and the marks. */
const marks = [
  found,
  Prec.lowest(decorations(mark => mark.kind === 'ground')),
  Prec.highest(decorations(mark => mark.kind !== 'ground'))
];

function isChat(state: { sliceString(from: number, to: number): string }): boolean {
  return isChatCell(state.sliceString(0, HEAD_CHARACTERS));
}

/** Return an extension that is empty but for `%%chat` cells, and follows what is typed. */
function chatLanguage(prose: Extension, source: string): Extension {
  const compartment = new Compartment();
  const inChat = [Prec.highest(prose), marks, theme];
  const follow = EditorState.transactionExtender.of(change => {
    const now = change.docChanged && isChat(change.newDoc);
    if (!change.docChanged || now === isChat(change.startState.doc)) {
      return null;
    }
    return { effects: compartment.reconfigure(now ? inChat : []) };
  });
  return [compartment.of(isChatCell(source) ? inChat : []), follow];
}

export const highlight: JupyterFrontEndPlugin<void> = {
  id: 'chat-magic:highlight',
  description: 'Colours %%chat cells as prose, with roles, options and templates marked.',
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
