import { expect, it } from 'vitest';
import { jsonFields, pointerTo } from '../../src/result/jsonFields';

it.each([
  ['{"a": [1, "x"], "b": {}}', { '/a/0': '1', '/a/1': '"x"', '/b': '{}' }],
  ['{"a/b": {"m~n": null}}', { '/a~1b/m~0n': 'null' }],
  ['say\n```json\n[tru\n```', { '/0': 'tru' }],
  ['{"a": "x\ty"}', { '/a': '"x\ty"' }],
  ['[[', {}],
  ['{"a": [], "b', { '/a': '[]' }],
  ['12', { '': '12' }],
  ['no JSON', {}]
])('finds the fields of %j', (text, fields) => {
  const actual = jsonFields(text).map(({ name, start, end }) => [name, text.slice(start, end)]);
  expect(Object.fromEntries(actual)).toEqual(fields);
});

it.each([
  ['', 0, '/0'],
  ['/a', 'b/c', '/a/b~1c'],
  ['/a', '~', '/a/~0']
])('extends the pointer %j by %j', (pointer, step, expected) => {
  expect(pointerTo(pointer, step)).toBe(expected);
});

it.each([
  ['<think>Well.</think>{"a": 1}', '1'],
  ['{"a": 0}</think>\n{"a": 1}', '1'],
  ['<think>```\n{"a": 0}\n```</think>```json\n{"a": 1}\n```', '1'],
  ['<think>Well, {"a": 1}', undefined]
])('finds the fields after reasoning: %s', (text, value) => {
  const [field] = jsonFields(text);
  expect(field && text.slice(field.start, field.end)).toBe(value);
});
