/** How marks look: in the colours of the theme in use, whatever Markdown makes of the same text. */

import { EditorView } from '@codemirror/view';

const DEFINITION = 'var(--jp-mirror-editor-def-color)';
const ROLE = 'var(--jp-mirror-editor-meta-color)';
const TEXT = 'var(--jp-content-font-color1)';

function only(name: string, style: Record<string, string>): Record<string, Record<string, string>> {
  return { [`.cm-chat-${name}, .cm-chat-${name} *`]: style };
}

const plain = { color: TEXT, fontWeight: 'normal', fontStyle: 'normal', textDecoration: 'none' };

/** The style of every kind of mark. */
export const theme = EditorView.baseTheme({
  ...only('line', plain),
  ...only('front', plain),
  ...only('magic', { color: DEFINITION, fontWeight: 'bold' }),
  ...only('option', { color: DEFINITION, fontWeight: 'bold' }),
  ...only('key', { color: DEFINITION }),
  ...only('role', { color: ROLE, fontWeight: 'normal' }),
  ...only('attachment', { color: 'var(--jp-mirror-editor-string-color)' }),
  '.cm-chat-template': {
    backgroundColor: `color-mix(in srgb, ${DEFINITION} 14%, transparent)`,
    borderRadius: '2px'
  }
});
