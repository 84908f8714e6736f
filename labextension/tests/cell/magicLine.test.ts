import { expect, it } from 'vitest';
import { asChatCell, caretIn, magicLine, withMagicLine } from '../../src/cell/magicLine';

it('turns a cell into a chat cell once', () => {
  expect(asChatCell('Hi', '%%chat local')).toBe('%%chat local\nHi');
  expect(asChatCell('%%chat\nHi', '%%chat local')).toBe('%%chat\nHi');
});

it.each([
  ['%%chat a/b\nHi', '%%chat a/b', '%%chat -n 2', '%%chat -n 2\nHi'],
  ['\n%%chat', '%%chat', 'local', '\n%%chat local']
])('changes the line of %j', (text, line, typed, expected) => {
  expect(magicLine(text)).toBe(line);
  expect(withMagicLine(text, typed)).toBe(expected);
});

it.each([
  ['%%chat a/b\nuser: Hi\nassistant: Hello\nuser: |'],
  ['%%chat a/b\nassistant: The capital is|'],
  ['%%chat\n{\n  "messages": [\n    {"role": "user", "content": "|"\n    }\n  ]\n}'],
  ['%%chat\n{"messages": [{"role": "assistant", "content": "One} |"}]}\n'],
  ['x = 1|']
])('finds where one types on in %j', marked => {
  expect(caretIn(marked.replace('|', ''))).toBe(marked.indexOf('|'));
});
