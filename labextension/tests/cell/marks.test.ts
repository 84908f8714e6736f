import { describe, expect, it } from 'vitest';
import { marksOf } from '../../src/cell/marks';

function markedTexts(text: string): string[] {
  return marksOf(text)
    .filter(mark => mark.kind !== 'ground')
    .map(mark => `${mark.kind} ${text.slice(mark.from, mark.to)}`);
}

describe('the marks of a cell', () => {
  it.each<[string, string[]]>([
    ['print(1)', []],
    ['%%chat?', []],
    ['%%chatter', []],
    ['# %%chat', []],
    ['%%chat', ['magic %%chat']],
    ['\n %%chat\n', ['magic %%chat']],
    ['%%chat a/b -n 3', ['magic %%chat', 'option -n']],
    ['%%chat --top_p 1 --no-stream', ['magic %%chat', 'option --top_p', 'option --no-stream']],
    ['%%chat --top-p=1 --tempature 2', ['magic %%chat', 'option --top-p', 'unknown --tempature']],
    ['%%chat --top-p=1 --temp', ['magic %%chat', 'option --top-p']],
    ['%%chat --extra k={"a": -1} -n 2', ['magic %%chat', 'option --extra', 'option -n']],
    ['%%chat --stop --raw -n 2', ['magic %%chat', 'option --stop', 'option -n']],
    ["%%chat --stop '-n 2'", ['magic %%chat', 'option --stop']],
    ['%%chat -m {{ m }}', ['magic %%chat', 'option -m', 'template {{ m }}']],
    [
      '%%chat\nsystem: a\nuser(Ada): b\nUser: c',
      ['magic %%chat', 'role system:', 'role user(Ada):', 'invalid User:']
    ],
    ['%%chat\ntool(c1): 4\ntool: 4', ['magic %%chat', 'role tool(c1):', 'invalid tool:']],
    ['%%chat\n\\user: text\n user: text\n\\[x\\]', ['magic %%chat', 'escape \\', 'invalid user:']],
    [
      '%%chat\nuser: a\n@image a.png low\n@image',
      ['magic %%chat', 'role user:', 'attachment @image']
    ],
    [
      '%%chat\n---\ntop_p: 1 # low\n---\nstop: a',
      ['magic %%chat', 'fence ---', 'key top_p:', 'comment # low', 'fence ---']
    ],
    ['%%chat\n---\ntempature: 1', ['magic %%chat', 'fence ---', 'unknown tempature:']],
    [
      '%%chat\n---\nn: 1\n---\n[{"role": 1}]',
      ['magic %%chat', 'fence ---', 'key n:', 'fence ---', 'key "role"']
    ],
    ['%%chat\n\n---\nextra:\n  k: 1', ['magic %%chat', 'fence ---', 'key extra:', 'key k:']],
    ['%%chat\nuser: a\n---\nn: 2', ['magic %%chat', 'role user:']],
    ['%%chat\nuser: {{ a }} {b} {{ open', ['magic %%chat', 'role user:', 'template {{ a }}']],
    ['%%chat\n{% for x in y %}\n{%\n{% other %}', ['magic %%chat', 'template {% for x in y %}']],
    ['%%chat --temperature 5', ['magic %%chat', 'option --temperature', 'invalid 5']],
    ['%%chat --temperature=2.5', ['magic %%chat', 'option --temperature', 'invalid 2.5']],
    [
      '%%chat -t {{ t }} -n 1.5',
      ['magic %%chat', 'option -t', 'template {{ t }}', 'option -n', 'invalid 1.5']
    ],
    [
      '%%chat\n---\ntop_p: 7 # high\n ---',
      ['magic %%chat', 'fence ---', 'key top_p:', 'invalid 7', 'comment # high', 'invalid  ---']
    ],
    [
      '%%chat\n---\nn: 2\n  ---\nuser: a\n---\nsystem: b',
      ['magic %%chat', 'fence ---', 'key n:', 'invalid   ---', 'role user:', 'role system:']
    ],
    [
      '%%chat\n---\nextra:\n  note: |\n    user: a\n    ---\nn: 2\n---\nuser: a',
      ['magic %%chat', 'fence ---', 'key extra:', 'key note:', 'key n:', 'fence ---', 'role user:']
    ],
    ['%%chat\nuser: a\n- b\n- assistant: c', ['magic %%chat', 'role user:', 'invalid assistant:']],
    ['%%chat\nthe roles:\n\nx - assistant: c', ['magic %%chat']],
    ['%%chat --raw\n{{ a }}', ['magic %%chat', 'option --raw']],
    ['%%chat\n{"messages": ["a"]}\nuser: a', ['magic %%chat', 'key "messages"']],
    ['%%chat\n[1] {a}\nuser: a', ['magic %%chat', 'role user:']],
    ['%chat', ['magic %chat']],
    ["%chat what's up -n 2", ['magic %chat']],
    ['%chat -n 2 hi', ['magic %chat', 'option -n']],
    [
      '%chat -t 5 -m locl {{ a }}',
      ['magic %chat', 'option -t', 'invalid 5', 'option -m', 'template {{ a }}']
    ],
    ['%chat --raw {{ a }}', ['magic %chat', 'option --raw']],
    ['%chat -- --top-p', ['magic %chat']],
    ['%chat /models gpt', ['magic %chat', 'option /models']],
    ['x = 1\nr = %chat -n 2 hi\nprint(r)', ['magic %chat', 'option -n']],
    ['%chatter\nprint("%chat")', []]
  ])('of %j', (text, expected) => expect(markedTexts(text)).toEqual(expected));

  it.each([
    ['%%chat -n 200', 'n must be 1 to 128, got 200'],
    ['%%chat\nSystem: x', 'text: roles are written in lowercase'],
    ['%%chat\nuser : x', 'text: a role ends in a colon, user:'],
    ['%%chat\n---\n ---', '--- stands at the start of its line'],
    ['%%chat\n  user: x', 'text: a role begins at the start of its line']
  ])('say what is wrong in %j', (text, title) => {
    expect(marksOf(text).flatMap(mark => mark.title ?? [])).toEqual([title]);
  });

  it('are sorted, and the wider comes first', () => {
    const kinds = marksOf('%%chat -n 2\n---\nn: 2\n---').map(mark => mark.kind);
    expect(kinds).toEqual(['ground', 'magic', 'option', 'fence', 'ground', 'key', 'fence']);
  });
});
