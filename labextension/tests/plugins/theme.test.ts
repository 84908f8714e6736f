// @vitest-environment jsdom
import { EditorView } from '@codemirror/view';
import { expect, it } from 'vitest';
import type { MarkKind } from '../../src/cell/marks';
import { theme } from '../../src/plugins/theme';

const KINDS: MarkKind[] = [
  'ground',
  'magic',
  'option',
  'unknown',
  'fence',
  'key',
  'comment',
  'role',
  'attachment',
  'escape',
  'template'
];

it('has a style for every kind of mark', () => {
  new EditorView({ parent: document.body, extensions: theme });
  const style = Array.from(document.querySelectorAll('style'), node => node.textContent).join('');
  expect(KINDS.filter(kind => !style.includes(`.cm-chat-${kind},`) && kind !== 'template')).toEqual(
    []
  );
  expect(style).toContain('.cm-chat-template');
});
