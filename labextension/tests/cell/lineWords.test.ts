import { expect, it } from 'vitest';
import { lineWords } from '../../src/cell/lineWords';

it.each([
  ['', []],
  ['a  b', ['a', 'b']],
  ["--stop 'a b' c", ['--stop', "'a b'", 'c']],
  ["--stop 'a b", ['--stop', "'a b"]],
  ['k={"a": "}"} n', ['k={"a": "}"}', 'n']],
  ['k={"a": 1', ['k={"a":', '1']],
  ["it's a", ["it's", 'a']],
  ["k='a b' c", ["k='a b'", 'c']],
  ['[1, {"a": [2, 3]}] x', ['[1, {"a": [2, 3]}]', 'x']]
])('splits %j into words', (line, expected) => {
  expect(lineWords(line, 0).map(({ text }) => text)).toEqual(expected);
});

it('says where the words are, after a start', () => {
  expect(lineWords('%%chat -n 2', 6)).toEqual([
    { text: '-n', from: 7, to: 9 },
    { text: '2', from: 10, to: 11 }
  ]);
});
