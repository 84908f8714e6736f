import { expect, it } from 'vitest';
import { completionItems } from '../../src/cell/completionItems';

it.each<[string, string[]]>([
  ['print(', []],
  ['%%chat --te', ['--temperature']],
  ['%%chat local --reasoning-effort lo', ['low']],
  ['%%chat --reasoning-effort=lo', ['low']],
  ['%%chat --temperature 1 --te', []],
  ['%%chat lo', ['local']],
  ['%%chat a/b lo', []],
  ['%%chat -m a/b lo', []],
  ['%%chat --unset n,top_', ['top_p', 'top_k', 'top_logprobs']],
  ['%%chat\nus', ['user: ']],
  ['%%chat\nuser: us', []],
  ['%%chat\nuser: a\n@i', ['@image ']],
  ['%%chat\n---\ntemp', ['temperature: ']],
  ['%%chat\n---\ntemperature: 1\ntemp', []],
  ['%%chat\n---\nstore: ', ['true', 'false']],
  ['%%chat\n---\nn: 1\n---\nas', ['assistant: ']],
  ['%%chat\n{\n"mo', []]
])('offers at the end of %j', (text, expected) => {
  expect(completionItems(text).items.map(item => item.text)).toEqual(expected);
});

it('replaces the typed beginning, and says its range', () => {
  expect(completionItems('%%chat --te')).toEqual({
    from: 7,
    items: [{ text: '--temperature', detail: '0\u00a0to\u00a02' }]
  });
});
