import { describe, expect, it } from 'vitest';
import { FIELDS, isChatCell, magicName, optionOf, OPTIONS } from '../../src/cell/grammar';

it.each([
  ['%%chat', true],
  ['\n %%chat local', true],
  ['#| label: a\n\n# b\n%%chat local', true],
  ['x = 1\n%%chat local', false],
  ['%%chatter', false],
  ['%%chat?', false],
  ['# %%chat', false]
])('tells whether %j is a chat cell', (text, answer) => expect(isChatCell(text)).toBe(answer));

it('finds the name of the magic', () => {
  expect(magicName('\n%%chat local')).toEqual({ from: 1, to: 7 });
  expect(magicName('print()')).toBeNull();
});

describe('an option', () => {
  it.each([
    ['--top-p', 'top_p'],
    ['--top_p=0.5', 'top_p'],
    ['-n', 'n'],
    ['--no-stream', 'stream']
  ])('is known by the word %s', (word, field) => expect(optionOf(word)?.field).toBe(field));

  it.each(['--top', 'top-p', '-top-p', '--'])('is not known by the word %s', word => {
    expect(optionOf(word)).toBeUndefined();
  });

  it('has a name of its own', () => {
    const names = OPTIONS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });
});

it('knows fields that the line does not take', () => {
  expect(FIELDS.map(({ name }) => name)).toContain('response_format');
});
