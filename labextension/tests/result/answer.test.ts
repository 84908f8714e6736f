import { describe, expect, it } from 'vitest';
import { ResultModel } from '../../src/result/answer';
import { isUnfinished, joinPieces, readTokens, Vocabulary } from '../../src/result/tokens';
import { isPayload, readColumn } from '../../src/result/payload';
import { wire, type Case } from '../fixtures';

const cases = Object.entries(wire<Record<string, Case>>('inspector.json'));

describe.each(cases)('the payload "%s"', (_, { payload, rows, texts }) => {
  const answers = new ResultModel(payload.results[0]);
  const places = answers.choices.flatMap(answer =>
    answer.tokens.map((_, place) => ({ answer, place }))
  );

  it('is a payload', () => expect(isPayload(payload)).toBe(true));

  it('has the pieces of text that the table has', () => {
    const pieces = answers.choices.flatMap(answer => answer.pieces.map(piece => piece.text));
    expect(pieces).toEqual(texts);
  });

  it('measures its tokens as the table does', async () => {
    await answers.load();
    expect(places.length).toBe(rows.length);
    places.forEach(({ answer, place }, row) => {
      const found = answer.metricsAt(place);
      const want = rows[row];
      expect(found.rank, `rank of ${row}`).toBe(want.rank);
      expect(found.isForced).toBe(want.is_forced);
      close(found.gap, want.gap_nats);
      close(found.residual, want.mass_residual);
      close(found.entropy?.low ?? null, want.entropy_bits_low, 0.1);
      close(found.entropy?.high ?? null, want.entropy_bits_high, 0.1);
    });
  });
});

function close(found: number | null, want: number | null, by = 0.005): void {
  if (want === null || found === null) {
    expect(found).toBe(want);
  } else {
    expect(Math.abs(found - want)).toBeLessThan(by);
  }
}

describe('an answer', () => {
  it('marks what came among what could have come, and adds it where it was not listed', async () => {
    const answers = new ResultModel(
      wire<Record<string, Case>>('inspector.json').outside.payload.results[0]
    );
    await answers.load();
    const row = answers.choices[0].alternatives(0);
    expect(
      row.map(entry => [answers.vocabulary.text(entry.id), entry.isChosen, entry.isExtra])
    ).toEqual([
      ['p', false, false],
      ['q', false, false],
      ['z', true, true]
    ]);
  });

  it('has no alternatives before they are loaded', () => {
    const answers = new ResultModel(
      wire<Record<string, Case>>('inspector.json').names.payload.results[0]
    );
    expect(answers.choices[1].alternatives(0)).toEqual([]);
  });
});

describe('pieces', () => {
  it('join the tokens of one character, and give up at the end', () => {
    const vocabulary = new Vocabulary({
      tokens: ['a', '�', '�', '�'],
      bytes: { '1': [0xf0, 0x9f], '2': [0x91], '3': [0x8b] }
    });
    const part = { logprobs: '-0.1,-0.2,-0.3,-2', statuses: {}, waits_ms: '' };
    const pieces = joinPieces(readTokens({ ...part, tokens: '0,1,2,3' }), vocabulary);
    expect(pieces.map(({ text, start, end }) => [text, start, end])).toEqual([
      ['a', 0, 1],
      ['👋', 1, 4]
    ]);
    expect(pieces[1].prob).toBeCloseTo(Math.exp(-2));
    const broken = joinPieces(readTokens({ ...part, tokens: '0,1' }), vocabulary);
    expect(broken.map(piece => piece.text)).toEqual(['a', '�']);
  });

  it.each([
    [[0x61], false],
    [[0xe2, 0x82], true],
    [[0xe2, 0x82, 0xac], false],
    [[0x80], false],
    [[0xff], false]
  ])('know whether %j is unfinished', (bytes, answer) => expect(isUnfinished(bytes)).toBe(answer));
});

it('reads columns', () => {
  expect(readColumn('')).toEqual([]);
  expect(readColumn('1,,-0.5')).toEqual([1, null, -0.5]);
});
