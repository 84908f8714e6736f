import { describe, expect, it } from 'vitest';
import {
  isSpecial,
  isUnfinished,
  isUnsure,
  joinPieces,
  pieceIndexAt,
  readTokens,
  underlineBelow,
  Vocabulary,
  type Piece
} from '../../src/result/tokens';

const part = { logprobs: '-0.1,-0.2,-0.3,-2', statuses: {}, waits_ms: '' };

function piece(prob: number | null, offset = 0): Piece {
  return { start: 0, end: 1, text: 'a', offset, prob };
}

describe('pieces', () => {
  const vocabulary = new Vocabulary({
    tokens: ['a', '\ufffd', '\ufffd', '\ufffd'],
    bytes: { '1': [0xf0, 0x9f], '2': [0x91], '3': [0x8b] }
  });

  it('join the tokens of one character, with the lowest probability', () => {
    const pieces = joinPieces(readTokens({ ...part, tokens: '0,1,2,3' }), vocabulary);
    expect(pieces.map(({ text, start, end, offset }) => [text, start, end, offset])).toEqual([
      ['a', 0, 1, 0],
      ['👋', 1, 4, 1]
    ]);
    expect(pieces[1]?.prob).toBeCloseTo(Math.exp(-2));
  });

  it('end with an unfinished character', () => {
    const pieces = joinPieces(readTokens({ ...part, tokens: '0,1' }), vocabulary);
    expect(pieces.map(({ text }) => text)).toEqual(['a', '\ufffd']);
  });

  it.each([
    [0, 0],
    [1, 0],
    [2, 1],
    [9, 2]
  ])('are found by an offset in the text: %i', (offset, index) => {
    expect(pieceIndexAt([piece(1, 0), piece(1, 2), piece(1, 4)], offset)).toBe(index);
  });
});

it.each([
  [[0x61], false],
  [[0xe2, 0x82], true],
  [[0xe2, 0x82, 0xac], false],
  [[0x80], false],
  [[0xff], false]
])('tells whether %j ends inside a character', (bytes, answer) => {
  expect(isUnfinished(bytes)).toBe(answer);
});

it.each([
  ['<|im_end|>', true],
  ['<｜end▁of▁sentence｜>', true],
  ['</s>', true],
  ['[INST]', true],
  ['<b>', false],
  ['a <|x|>', false]
])('tells whether %j is a control token', (text, answer) => expect(isSpecial(text)).toBe(answer));

it('reads statuses, and what was not measured as null', () => {
  const tokens = readTokens({
    tokens: '0,1',
    logprobs: ',-0.5',
    statuses: { '0': 'masked' },
    waits_ms: '12,'
  });
  expect(tokens).toEqual([
    { id: 0, logprob: null, status: 'masked', wait: 12 },
    { id: 1, logprob: -0.5, status: 'ok', wait: null }
  ]);
});

describe('the vocabulary', () => {
  it('continues its ids with those of the alternatives', () => {
    const vocabulary = new Vocabulary({ tokens: ['a'], bytes: {} });
    vocabulary.add({ tokens: ['b', '\ufffd'], bytes: { '2': [0xe2] } });
    expect(vocabulary.text(1)).toBe('b');
    expect([vocabulary.isPartial(1), vocabulary.isPartial(2)]).toEqual([false, true]);
    expect([...vocabulary.bytes(2)]).toEqual([0xe2]);
    expect([...vocabulary.bytes(0)]).toEqual([0x61]);
  });
});

describe('underlined pieces', () => {
  it('have a probability below one half', () => {
    expect(underlineBelow([piece(0.4), piece(0.1)])).toBe(0.5);
  });

  it('are at most a fifth of a long text', () => {
    const pieces = Array.from({ length: 5000 }, (_piece, index) => piece(index / 10_000));
    const below = underlineBelow(pieces);
    expect(pieces.filter(({ prob }) => (prob ?? 1) < below).length).toBe(1000);
  });
});

it('keeps in mind which tokens do not tell how sure the model was', () => {
  const vocabulary = new Vocabulary({ tokens: ['{', 'a', '}'], bytes: {} });
  const tokens = readTokens({
    tokens: '0,1,2',
    logprobs: '-3,-3,-3',
    statuses: {},
    waits_ms: '',
    roles: '1,0,2'
  });
  const pieces = joinPieces(tokens, vocabulary);
  expect(pieces.map(piece => isUnsure(piece, 0.5))).toEqual([false, true, false]);
});
