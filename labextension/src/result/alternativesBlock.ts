/** Reads the block of alternatives, whose layout chat_magic/view/alternatives_block.py describes. */

import constants from '../constants.json';
import type { Status } from './payload';
import type { PayloadVocabulary } from './payloadTypes';

const STATUSES = constants.statuses as Status[];
/** Bytes beyond which a block is refused: whoever wrote the notebook may mean harm. */
const MAX_BYTES = 64_000_000;
const HEADER_BYTES = 16;

/** The alternatives in rows: one for each token of a result. */
export interface AlternativesBlock {
  /** Where each row's entries start; one more number for the end of the last. */
  starts: Uint32Array;
  ids: Uint32Array;
  /** Nats; NaN if not measured. */
  logprobs: Float64Array;
  statuses: Uint8Array;
  vocabulary: BlockVocabulary;
}

/** A block of an earlier version does not say how fine its log probabilities are. */
type BlockVocabulary = PayloadVocabulary & { steps_per_nat?: number };

/** Inflate and read a block. */
export async function readAlternativesBlock(base64: string): Promise<AlternativesBlock> {
  return parseAlternativesBlock(await inflate(fromBase64(base64)));
}

/** Return the name of a status by its code. */
export function statusName(code: number | undefined): Status {
  return STATUSES[code ?? -1] ?? 'missing';
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), character => character.charCodeAt(0));
}

async function inflate(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate'));
  let left = MAX_BYTES;
  const limited = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform(chunk, controller) {
      left -= chunk.length;
      if (left < 0) {
        controller.error(new RangeError('the block of alternatives is too large'));
      } else {
        controller.enqueue(chunk);
      }
    }
  });
  return new Uint8Array(await new Response(stream.pipeThrough(limited)).arrayBuffer());
}

/** Read an inflated block. */
export function parseAlternativesBlock(data: Uint8Array): AlternativesBlock {
  const header = new DataView(data.buffer, data.byteOffset, HEADER_BYTES);
  const size = (field: number): number => header.getUint32(4 * field, true);
  const [rows, entries, vocabularyBytes] = [size(0), size(1), size(3)];
  let offset = HEADER_BYTES + vocabularyBytes;
  const readPlanes = (count: number, planes: number): Uint32Array => {
    const column = new Uint32Array(count);
    for (let plane = 0; plane < planes; plane += 1) {
      data.subarray(offset, offset + count).forEach((byte, index) => {
        column[index] = (column[index] ?? 0) | (byte << (8 * plane));
      });
      offset += count;
    }
    return column;
  };
  const starts = runningSum(readPlanes(rows, 2));
  const ids = readPlanes(entries, 3);
  const steps = readPlanes(entries, 2);
  const statuses = Uint8Array.from(readPlanes(entries, 1));
  const text = new TextDecoder().decode(
    data.subarray(HEADER_BYTES, HEADER_BYTES + vocabularyBytes)
  );
  const vocabulary = JSON.parse(text) as BlockVocabulary;
  const stepsPerNat = vocabulary.steps_per_nat ?? constants.stepsPerNat;
  const levels = readLevels(starts, steps);
  const logprobs = levels.map((level, entry) =>
    statuses[entry] === 0 ? -level / stepsPerNat : NaN
  );
  return { starts, ids, statuses, logprobs, vocabulary };
}

function runningSum(counts: Uint32Array): Uint32Array {
  const starts = new Uint32Array(counts.length + 1);
  let sum = 0;
  counts.forEach((count, row) => {
    sum += count;
    starts[row + 1] = sum;
  });
  return starts;
}

/** Sum up the steps of each row, from the most probable entry down. */
function readLevels(starts: Uint32Array, steps: Uint32Array): Float64Array {
  const levels = new Float64Array(steps.length);
  let row = 0;
  let sum = 0;
  steps.forEach((step, entry) => {
    while (entry >= (starts[row + 1] ?? Infinity)) {
      row += 1;
      sum = 0;
    }
    sum += step;
    levels[entry] = sum;
  });
  return levels;
}
