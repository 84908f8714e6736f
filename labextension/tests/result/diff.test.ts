import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diff, diffJson, units, type Change } from '../../src/result/diff';
import { wire } from '../fixtures';

interface Case {
  about: string;
  by: 'word' | 'sentence' | 'json';
  base: string;
  other: string;
  changes: unknown[] | null;
}

const cases = wire<Case[]>('diff.json');
const text = (changes: Change[], ...kinds: string[]): string =>
  changes.flatMap(change => (kinds.includes(change.kind) ? [change.text] : [])).join('');

it.each(cases.map(each => [each.about, each] as const))(
  'agrees with Python: %s',
  (_, { by, base, other, changes }) => {
    const found =
      by === 'json'
        ? (diffJson(base, other)?.map(({ kind, pointer, before, after }) => [
            kind,
            pointer,
            before,
            after
          ]) ?? null)
        : diff(units(base, by), units(other, by)).map(({ kind, text }) => [kind, text]);
    expect(found).toEqual(changes);
  }
);

describe('a diff', () => {
  const some = fc.string({ unit: 'grapheme', maxLength: 60 });
  const related = fc
    .array(fc.constantFrom('the ', 'cat', ' and', '. ', 'Dog', '\n', '東', ' 3.14', "don't"))
    .map(parts => parts.join(''));

  it.each(['word', 'sentence'] as const)('by %s makes of the base the other text', by => {
    fc.assert(
      fc.property(fc.oneof(some, related), fc.oneof(some, related), (base, other) => {
        const changes = diff(units(base, by), units(other, by));
        expect(text(changes, 'same', 'delete')).toBe(base);
        expect(text(changes, 'same', 'insert')).toBe(other);
        expect(changes.every((each, place) => each.kind !== changes[place - 1]?.kind)).toBe(true);
      })
    );
  });

  it.each(['word', 'sentence'] as const)('cuts by %s into units that are the text', by => {
    fc.assert(
      fc.property(some, written => {
        expect(units(written, by).join('')).toBe(written);
      })
    );
  });

  it('gives up on texts that share too little, and is still right', () => {
    const [base, other] = ['a', 'b'].map(letter => ['(', ...Array(3000).fill(letter), ')']);
    expect(diff(base, other)).toEqual([
      { kind: 'same', text: '(' },
      { kind: 'delete', text: 'a'.repeat(3000) },
      { kind: 'insert', text: 'b'.repeat(3000) },
      { kind: 'same', text: ')' }
    ]);
  });
});

describe('a diff of JSON', () => {
  it('holds every field of both, and says of equal ones that they stay', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 })), value => {
        const written = JSON.stringify(value);
        const found = diffJson(written, ` ${written}`);
        expect(found?.every(({ kind }) => kind === 'same')).toBe(true);
      })
    );
  });

  it('pairs the items of long lists that share nothing one by one', () => {
    const [base, other] = [0, 0.5].map(shift =>
      JSON.stringify(Array.from({ length: 10_000 }, (_, place) => place + shift))
    );
    const found = diffJson(base, other);
    expect(found?.length).toBe(10_000);
    expect(found?.[1]).toEqual({ kind: 'change', pointer: '/1', before: '1', after: '1.5' });
  });

  it.each([500, 501, 100_000])('takes values 500 levels deep and no deeper: %i', depth => {
    const [base, other] = ['1', '2'].map(inner => '['.repeat(depth) + inner + ']'.repeat(depth));
    const pointer = '/0'.repeat(depth);
    const change = { kind: 'change', pointer, before: '1', after: '2' };
    expect(diffJson(base, other)).toEqual(depth > 500 ? null : [change]);
  });

  it.each(['12', '"a"', 'null', '{"a":', 'no JSON', ''])(
    'needs objects or lists: not %s',
    written => {
      expect(diffJson('{}', written)).toBeNull();
    }
  );
});
