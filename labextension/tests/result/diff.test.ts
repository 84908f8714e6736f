import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diff, units, type Change } from '../../src/result/diff';
import { diffCases } from '../fixtures';

const text = (changes: Change[], ...kinds: string[]): string =>
  changes.flatMap(change => (kinds.includes(change.kind) ? [change.text] : [])).join('');

it.each(diffCases(['word', 'sentence']))('agrees with Python: %s', (_about, testCase) => {
  const { by, base, other, changes } = testCase;
  const unit = by === 'sentence' ? by : 'word';
  const actual = diff(units(base, unit), units(other, unit)).map(({ kind, text }) => [kind, text]);
  expect(actual).toEqual(changes);
});

describe('a diff', () => {
  const anyText = fc.string({ unit: 'grapheme', maxLength: 60 });
  const related = fc
    .array(fc.constantFrom('the ', 'cat', ' and', '. ', 'Dog', '\n', '東', ' 3.14', "don't"))
    .map(parts => parts.join(''));

  it.each(['word', 'sentence'] as const)('by %s turns the base into the other text', by => {
    fc.assert(
      fc.property(fc.oneof(anyText, related), fc.oneof(anyText, related), (base, other) => {
        const changes = diff(units(base, by), units(other, by));
        expect(text(changes, 'same', 'delete')).toBe(base);
        expect(text(changes, 'same', 'insert')).toBe(other);
        expect(changes.every((each, index) => each.kind !== changes[index - 1]?.kind)).toBe(true);
      })
    );
  });

  it.each(['word', 'sentence'] as const)('cuts by %s into units that are the text', by => {
    fc.assert(
      fc.property(anyText, written => {
        expect(units(written, by).join('')).toBe(written);
      })
    );
  });

  it('keeps only what both texts begin and end with beyond the work limit', () => {
    const [base = [], other = []] = ['ab', 'ba'].map(pair => [
      '(',
      ...Array.from(pair.repeat(10_001)),
      ')'
    ]);
    expect(diff(base, other).map(({ kind, text }) => [kind, text.length])).toEqual([
      ['same', 1],
      ['delete', 20_002],
      ['insert', 20_002],
      ['same', 1]
    ]);
  });
});
