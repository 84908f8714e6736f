import { describe, expect, it } from 'vitest';
import { chatLines } from '../../src/cell/chatLines';

/** Return the lines that are found, from the magic's name on. */
function found(text: string): string[] {
  return chatLines(text).map(({ name, to }) => text.slice(name.from, to));
}

describe('the %chat lines of a cell', () => {
  it.each<[string, string[]]>([
    ['', []],
    ['%chat', ['%chat']],
    ['%chat hi there  \nprint(1)', ['%chat hi there']],
    ['x = 1\n  %chat a\ny = %chat b\n', ['%chat a', '%chat b']],
    ['%time %chat a\n%timeit -n 2 %chat b', ['%chat a', '%chat b']],
    ["if x:\n    %chat it's (\n    %chat b", ["%chat it's (", '%chat b']],
    ['# %chat\n"""\n%chat a\n"""\n%chat b', ['%chat b']],
    ['f(\n%chat a\n)\n%chat b', ['%chat b']],
    ["s = 'it\\'s'\n%chat b", ['%chat b']],
    ["!echo it's\n%chat b", ['%chat b']],
    ['"""\n%chat a', []],
    ['%chatter', []],
    ['x % chat', []],
    ['%%time\n%chat a', []],
    ['%%chat\n%chat a', []]
  ])('of %j', (text, expected) => expect(found(text)).toEqual(expected));
});
