import { expect, it } from 'vitest';
import { renderedRange } from '../../src/result/renderedRange';

const find = (source: string, rendered: string, part: string) => {
  const start = source.indexOf(part);
  const range = renderedRange(source, rendered, { start, end: start + part.length });
  return rendered.slice(range.start, range.end);
};

it.each([
  ['Use **Redis** here', 'Use Redis here', ' **Redis', 'Redis'],
  ['Charlotte and Clara', 'Charlotte and Clara', 'lotte', 'lotte'],
  ['1. Alice\n2. Ben', '\nAlice\nBen\n', ' Ben', 'Ben'],
  ['a [link](https://x.org/long) to', 'a link to', 'to', 'to'],
  ['yes. No!', 'yes. No!', '!', '!'],
  ['a\n\n- b', 'a\nb', '\n\n', ''],
  ['the cat, the dog', 'the cat, the dog', 'dog', 'dog']
])('finds in %j, rendered as %j, the part %j', (source, rendered, part, found) => {
  expect(find(source, rendered, part)).toBe(found);
});

it('puts a range of which nothing is left before what follows', () => {
  expect(renderedRange('a **b**', 'a b', { start: 2, end: 4 })).toEqual({ start: 2, end: 2 });
});

it('puts the end of a text at the end', () => {
  expect(renderedRange('ab', 'ab\n', { start: 2, end: 2 })).toEqual({ start: 3, end: 3 });
});
