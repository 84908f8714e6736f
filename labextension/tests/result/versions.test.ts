import { describe, expect, it, vi } from 'vitest';
import { itemAt } from '../../src/result/indexing';
import { askVersions, firstAnswer, savedVersions, savedWords } from '../../src/result/versions';
import type { PayloadVersion } from '../../src/result/payloadTypes';
import { resultOf } from '../fixtures';

const LISTED = {
  versions: [
    { id: 3, title: '#3' },
    { id: 7, title: '#7' }
  ],
  current: 7
};
const PAYLOAD = { version: 1, results: [], axes: [], comparison: null };

describe('the versions that the kernel knows', () => {
  it('are numbered from the oldest', async () => {
    const source = await askVersions(() => Promise.resolve(LISTED), 'c', 'Tom');
    expect(source?.versions.map(({ number }) => number)).toEqual([1, 2]);
    expect(source?.current).toBe(1);
  });

  it.each([
    ['without a reply', null],
    ['with a fault', { error: 'locked' }],
    ['with this one alone', { versions: [{ id: 7, title: '#7' }], current: 7 }],
    ['where the answer is not known', { ...LISTED, current: null }]
  ])('are none %s', async (_case, reply) => {
    expect(await askVersions(() => Promise.resolve(reply), 'c', 'Tom')).toBeNull();
  });

  it('are shown and compared by their numbers in the history', async () => {
    const ask = vi.fn((request: object) =>
      Promise.resolve(
        'id' in request ? { cell: '%%chat', payload: PAYLOAD } : 'before' in request ? {} : LISTED
      )
    );
    const source = await askVersions(ask, 'c', 'Tom');
    const versions = source?.versions ?? [];
    const [first, second] = [itemAt(versions, 0), itemAt(versions, 1)];
    const shown = await source?.show(first);
    expect(shown?.cell).toBe('%%chat');
    expect(shown?.payload?.results).toEqual([]);
    await source?.diff?.(first, second);
    expect(ask).toHaveBeenLastCalledWith({
      ask: 'diff',
      before: [3, 'version 1'],
      after: [7, 'version 2']
    });
  });

  it.each([
    [{ error: 'there is no #3' }, 'there is no #3'],
    [null, 'the kernel does not reply']
  ])('may be gone: %o', async (reply, words) => {
    const ask = vi.fn().mockResolvedValueOnce(LISTED).mockResolvedValue(reply);
    const source = await askVersions(ask, 'c', 'Tom');
    await expect(source?.show(itemAt(source.versions, 0))).rejects.toThrow(words);
  });
});

describe('the versions that the notebook holds', () => {
  const saved = [2, 3].map((version): PayloadVersion => ({
    version,
    cell: `cell ${version}`,
    results: [],
    axes: [],
    comparison: null
  }));

  it('are shown without a kernel, and the output is the last', async () => {
    const source = savedVersions(saved);
    expect(source?.versions.map(({ number }) => number)).toEqual([2, 3, 4]);
    expect(source?.current).toBe(2);
    expect((await source?.show(itemAt(source.versions, 0)))?.cell).toBe('cell 2');
    expect(source?.diff).toBeNull();
  });

  it('are none by default', () => {
    expect(savedVersions([])).toBeNull();
  });

  it.each([
    [0, ''],
    [1, '1 earlier version is saved in this notebook'],
    [3, '3 earlier versions are saved in this notebook']
  ])('are counted: %i', (count, words) => {
    expect(savedWords(count)).toBe(words);
  });
});

it('knows a result by its first answer', () => {
  const result = resultOf('names', {});
  const payload = { version: 1 as const, results: [result], axes: [], comparison: null };
  expect(firstAnswer(payload)).toBe(result.choices[0]?.text);
  expect(firstAnswer({ ...payload, results: [] })).toBe('');
});
