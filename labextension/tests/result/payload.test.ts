import { describe, expect, it } from 'vitest';
import { readColumn, readPayload } from '../../src/result/payload';
import { resultOf, wire } from '../fixtures';

describe('a payload', () => {
  it.each([null, 'text', [], {}, { version: 2, results: [] }, { version: 1 }])(
    'is not %j',
    value => {
      expect(readPayload(value)).toBeNull();
    }
  );

  it('is read as it was written', () => {
    for (const payload of Object.values(
      wire<Record<string, Record<string, unknown>>>('comparison.json')
    )) {
      expect(readPayload(payload)).toEqual({ versions: [], ...payload });
    }
  });

  it.each(['ablation', 'checks', 'distribution', 'rows'])(
    'keeps its section %s, which not all results have',
    section => {
      expect(readPayload({ version: 1, results: [], [section]: { a: 1 } })).toHaveProperty(
        section,
        { a: 1 }
      );
    }
  );

  it('of an earlier version gets the fields that it lacks', () => {
    const { coordinates: _coordinates, error: _error, cost: _cost, ...result } = resultOf('names');
    const choices = result.choices.map(({ metrics: _metrics, ...choice }) => choice);
    const payload = readPayload({ version: 1, results: [{ ...result, choices }] });
    expect(payload).toMatchObject({ axes: [], comparison: null });
    expect(payload?.results[0]).toMatchObject({ coordinates: [], error: null, cost: null });
    expect(payload?.results[0]?.choices[0]?.metrics.perplexity).toBeNull();
  });
});

it.each([
  ['', []],
  ['1,,-0.5', [1, null, -0.5]]
])('reads the column %j', (text, numbers) => expect(readColumn(text)).toEqual(numbers));
