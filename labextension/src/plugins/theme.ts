/** The style of marks, in the colours of the current theme, over that of Markdown. */

import { EditorView } from '@codemirror/view';

const OPTION = 'var(--jp-mirror-editor-property-color)';
const ROLE = 'var(--jp-mirror-editor-operator-color)';
const COMMENT = 'var(--jp-mirror-editor-comment-color)';
const ERROR = 'var(--jp-mirror-editor-error-color)';

type Style = Record<string, string>;

function only(kind: string, style: Style): Record<string, Style> {
  return { [`.cm-chat-${kind}, .cm-chat-${kind} *`]: style };
}

const plain = {
  color: 'inherit',
  fontWeight: 'normal',
  fontStyle: 'normal',
  textDecoration: 'none'
};

const squiggle = {
  textDecoration: `underline wavy ${ERROR} 1px`,
  textUnderlineOffset: '3px'
};

/** The style of every kind of mark; the ground comes first, so that the others override it. */
export const theme = EditorView.baseTheme({
  ...only('ground', plain),
  ...only('magic', { color: OPTION, fontWeight: 'bold' }),
  ...only('option', { color: OPTION, fontWeight: 'bold' }),
  ...only('unknown', squiggle),
  ...only('invalid', squiggle),
  ...only('fence', { ...plain, color: COMMENT }),
  ...only('key', { color: OPTION }),
  ...only('comment', { color: COMMENT, fontStyle: 'italic' }),
  ...only('role', { color: ROLE, fontWeight: 'normal' }),
  ...only('attachment', { color: ROLE }),
  ...only('escape', { color: COMMENT }),
  '.cm-chat-template': {
    backgroundColor: `color-mix(in srgb, ${OPTION} 15%, transparent)`,
    borderRadius: '3px'
  }
});
