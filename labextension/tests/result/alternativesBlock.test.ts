import { describe, expect, it } from 'vitest';
import {
  parseAlternativesBlock,
  readAlternativesBlock,
  statusName
} from '../../src/result/alternativesBlock';
import { resultOf } from '../fixtures';

/** Write a block as chat_magic/view/alternatives_block.py describes: numbers in planes of bytes. */
function block(rows: number[], ids: number[], steps: number[], statuses: number[]): Uint8Array {
  const vocabulary = new TextEncoder().encode('{"tokens": ["x"], "bytes": {}}');
  const header = new DataView(new ArrayBuffer(16));
  [rows.length, ids.length, 0, vocabulary.length].forEach((size, field) =>
    header.setUint32(4 * field, size, true)
  );
  const planes = (numbers: number[], count: number): number[] =>
    Array.from({ length: count }, (_plane, plane) =>
      numbers.map(number => (number >> (8 * plane)) & 0xff)
    ).flat();
  return Uint8Array.from([
    ...new Uint8Array(header.buffer),
    ...vocabulary,
    ...planes(rows, 2),
    ...planes(ids, 3),
    ...planes(steps, 2),
    ...planes(statuses, 1)
  ]);
}

describe('a block', () => {
  it('has rows of entries whose log probabilities go down in steps', () => {
    const parsed = parseAlternativesBlock(
      block([2, 0, 1], [1, 70_000, 2], [256, 128, 512], [0, 0, 0])
    );
    expect([...parsed.starts]).toEqual([0, 2, 2, 3]);
    expect([...parsed.ids]).toEqual([1, 70_000, 2]);
    expect([...parsed.logprobs]).toEqual([-1, -1.5, -2]);
    expect(parsed.vocabulary.tokens).toEqual(['x']);
  });

  it('has no log probability where the status is not ok', () => {
    const { logprobs, statuses } = parseAlternativesBlock(block([2], [1, 2], [256, 0], [0, 2]));
    expect([logprobs[0], logprobs[1]]).toEqual([-1, NaN]);
    expect(statusName(statuses[1])).toBe('masked');
  });

  it('is read from the payload', async () => {
    const { starts, ids } = await readAlternativesBlock(resultOf('names').alternatives);
    expect(starts.at(-1)).toBe(ids.length);
    expect(ids.length).toBeGreaterThan(0);
  });

  it('is refused if it inflates to more than a notebook needs', async () => {
    const zeros = new Blob([new Uint8Array(65_000_000)]).stream();
    const deflated = zeros.pipeThrough(new CompressionStream('deflate'));
    const bytes = new Uint8Array(await new Response(deflated).arrayBuffer());
    const base64 = Buffer.from(bytes).toString('base64');
    await expect(readAlternativesBlock(base64)).rejects.toThrow('too large');
  });
});

it('takes an unknown status for a missing measurement', () => {
  expect([statusName(99), statusName(undefined)]).toEqual(['missing', 'missing']);
});
