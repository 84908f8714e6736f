import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diffJson } from '../../src/result/jsonDiff';
import { diffCases } from '../fixtures';

it.each(diffCases(['json']))('agrees with Python: %s', (_about, { base, other, changes }) => {
  const fields = diffJson(base, other);
  const actual = fields?.map(({ kind, pointer, before, after }) => [kind, pointer, before, after]);
  expect(actual ?? null).toEqual(changes);
});

describe('a diff of JSON', () => {
  it('finds all fields of equal values unchanged', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 })), value => {
        const written = JSON.stringify(value);
        const fields = diffJson(written, ` ${written}`);
        expect(fields?.every(({ kind }) => kind === 'same')).toBe(true);
      })
    );
  });

  it('pairs the items of long lists that share nothing one by one', () => {
    const [base = '', other = ''] = [0, 0.5].map(shift =>
      JSON.stringify(Array.from({ length: 10_000 }, (_item, index) => index + shift))
    );
    const fields = diffJson(base, other);
    expect(fields?.length).toBe(10_000);
    expect(fields?.[1]).toEqual({ kind: 'change', pointer: '/1', before: '1', after: '1.5' });
  });

  it.each([500, 501, 100_000])('takes values 500 levels deep and no deeper: %i', depth => {
    const [base = '', other = ''] = ['1', '2'].map(
      inner => '['.repeat(depth) + inner + ']'.repeat(depth)
    );
    const pointer = '/0'.repeat(depth);
    const change = { kind: 'change', pointer, before: '1', after: '2' };
    expect(diffJson(base, other)).toEqual(depth > 500 ? null : [change]);
  });

  it.each(['12', '"a"', 'null', '{"a":', 'no JSON', ''])(
    'requires objects or lists: not %s',
    written => {
      expect(diffJson('{}', written)).toBeNull();
    }
  );

  it('keeps numbers beyond the precision of a double', () => {
    expect(diffJson('[9007199254740993]', '[9007199254740992]')?.[0]).toMatchObject({
      kind: 'change',
      before: '9007199254740993',
      after: '9007199254740992'
    });
  });
});
