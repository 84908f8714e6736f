import { describe, expect, it } from 'vitest';
import { ResultModel } from '../../src/result/answer';
import { inspectorCase, loadedAnswer, resultOf, wire } from '../fixtures';

const NAMES = Object.keys(wire<Record<string, unknown>>('inspector.json'));

it.each(NAMES)('has the pieces of the table in Python: %s', name => {
  const { payload, texts } = inspectorCase(name);
  const { choices } = new ResultModel(resultOf(name));
  expect(payload.results.length).toBe(1);
  expect(choices.flatMap(answer => answer.pieces.map(piece => piece.text))).toEqual(texts);
});

describe('an answer', () => {
  it('marks its token among the alternatives, and adds it if it is not listed', async () => {
    const answer = await loadedAnswer('outside');
    const row = answer.alternatives(0);
    expect(
      row.map(entry => [answer.vocabulary.text(entry.id), entry.isChosen, entry.isExtra])
    ).toEqual([
      ['p', false, false],
      ['q', false, false],
      ['z', true, true]
    ]);
  });

  it('has no alternatives and no rank before they are loaded', () => {
    const [answer] = new ResultModel(resultOf('names')).choices;
    expect(answer?.alternatives(0)).toEqual([]);
    expect(answer?.metrics(0).rank).toBeNull();
    expect(answer?.isForced(0)).toBe(false);
  });

  it('computes its metrics again once the alternatives are loaded', async () => {
    const model = new ResultModel(resultOf('names'));
    const [answer] = model.choices;
    const before = answer?.metrics(0);
    await model.load();
    expect(answer?.metrics(0)).toBe(before);
    answer?.resetMetrics();
    expect(answer?.metrics(0).rank).toBe(1);
  });

  it('is read only once', () => {
    const model = new ResultModel(resultOf('names'));
    expect(model.load()).toBe(model.load());
  });

  it('knows the bytes of its tokens and where they begin', async () => {
    const answer = await loadedAnswer('wave');
    const { length } = answer.tokens;
    const joined = new TextDecoder().decode(answer.bytes(0, length));
    expect(joined).toBe(answer.text);
    expect(answer.byteOffset(length)).toBe(new TextEncoder().encode(joined).length);
    expect(answer.byteOffset(0)).toBe(0);
  });

  it('has no token beyond its end', async () => {
    const answer = await loadedAnswer('names');
    expect(() => answer.token(answer.tokens.length)).toThrow(RangeError);
  });
});
