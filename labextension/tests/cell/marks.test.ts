import { describe, expect, it } from 'vitest';
import { marksOf } from '../../src/cell/marks';

function marked(text: string): string[] {
  return marksOf(text)
    .filter(mark => mark.kind !== 'line' && mark.kind !== 'front')
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
    ['%%chat --top-p=1 --unknown 2', ['magic %%chat', 'option --top-p']],
    ['%%chat --stop --raw -n 2', ['magic %%chat', 'option --stop', 'option -n']],
    ["%%chat --stop '-n 2'", ['magic %%chat', 'option --stop']],
    ['%%chat -m {{ m }}', ['magic %%chat', 'option -m', 'template {{ m }}']],
    ['%%chat\nsystem: a\nuser(Ada): b\nUser: c', ['magic %%chat', 'role system:', 'role user(Ada):']],
    ['%%chat\ntool(c1): 4\ntool: 4', ['magic %%chat', 'role tool(c1):']],
    ['%%chat\n\\user: text\n user: text', ['magic %%chat']],
    ['%%chat\nuser: a\n@image a.png low\n@image', ['magic %%chat', 'role user:', 'attachment @image a.png low']],
    ['%%chat\n---\ntop_p: 1\n---\nstop: a', ['magic %%chat', 'key top_p:']],
    ['%%chat\n\n---\nextra:\n  k: 1', ['magic %%chat', 'key extra:', 'key k:']],
    ['%%chat\nuser: a\n---\nn: 2', ['magic %%chat', 'role user:']],
    ['%%chat\nuser: {{ a }} {b} {{ open', ['magic %%chat', 'role user:', 'template {{ a }}']],
    ['%%chat\n{% for x in y %}\n{%\n{% other %}', ['magic %%chat', 'template {% for x in y %}']],
    ['%%chat --raw\n{{ a }}', ['magic %%chat', 'option --raw']],
    ['%%chat\n{"messages": []}\nuser: a', ['magic %%chat']]
  ])('of %j', (text, expected) => expect(marked(text)).toEqual(expected));

  it('are sorted, and the wider comes first', () => {
    const kinds = marksOf('%%chat -n 2\n---\nn: 2\n---').map(mark => mark.kind);
    expect(kinds).toEqual(['line', 'magic', 'option', 'front', 'front', 'key', 'front']);
  });
});
