import { describe, expect, it } from 'vitest';
import { JsonNumber, jsonValue, parseJson } from '../../src/result/jsonText';

describe('a JSON value', () => {
  it('keeps numbers as written and keys in order', () => {
    const value = jsonValue('{"b": 1.0, "a": 9007199254740993, "2": [true, null]}');
    expect(value).toEqual(
      new Map<string, unknown>([
        ['b', new JsonNumber('1.0')],
        ['a', new JsonNumber('9007199254740993')],
        ['2', [true, null]]
      ])
    );
    expect([...(value as Map<string, unknown>).keys()]).toEqual(['b', 'a', '2']);
  });

  it.each([
    ['"a\\u00e9\\n"', 'aé\n'],
    ['"a\tb"', 'a\tb'],
    ['"\\ud800"', '\ufffd'],
    ['```json\n"x"\n```', 'x']
  ])('of %j is %j', (text, value) => expect(jsonValue(text)).toBe(value));

  it.each(['', '{"a":', '[1,]', '[01]', '{a: 1}', '// x\n1', '"a', '1 2', '\u00a0[1]', 'NaN'])(
    'does not exist in %j',
    text => {
      expect(jsonValue(text)).toBeUndefined();
    }
  );
});

describe('a JSON text that breaks off', () => {
  it.each(['{', '{"a', '{"a"', '{"a":', '{"a": 1', '[1,', '[tr', '[-', '["\\u12', '"a\\'])(
    'is partial JSON: %j',
    text => {
      expect(parseJson(text, true)).not.toBeNull();
      expect(parseJson(text, false)).toBeNull();
    }
  );

  it.each(['{,', '[1}', '[tx', '{1', ']', 'a', '{"a" 1', '[1] 2', '["a" "b'])(
    'is not JSON: %j',
    text => {
      expect(parseJson(text, true)).toBeNull();
    }
  );
});
