/** Reads the block of alternatives, whose layout chat_magic/view/alternatives_block.py describes. */

import type { PayloadVocabulary, Status } from './payload';

const STATUSES: Status[] = ['ok', 'censored', 'masked', 'positive', 'nan', 'missing'];
const STEPS_PER_NAT = 256;
/** Bytes beyond which a block is none of ours: whoever wrote the notebook may mean harm. */
const LARGEST = 64_000_000;

/** What else could have come, in rows: one for each token of a result. */
export interface AlternativesBlock {
  /** Where each row's entries start; one more number for the end of the last. */
  starts: Uint32Array;
  ids: Uint32Array;
  /** Nats; NaN where there is no measurement. */
  logprobs: Float64Array;
  statuses: Uint8Array;
  vocabulary: PayloadVocabulary;
}

/** Inflate and read a block. */
export async function readBlock(base64: string): Promise<AlternativesBlock> {
  return parseBlock(await inflate(fromBase64(base64)));
}

/** Name what an entry's log probability is. */
export function statusName(code: number): Status {
  return STATUSES[code] ?? 'missing';
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const characters = atob(text);
  const bytes = new Uint8Array(characters.length);
  for (let place = 0; place < bytes.length; place += 1) {
    bytes[place] = characters.charCodeAt(place);
  }
  return bytes;
}

async function inflate(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate'));
  let left = LARGEST;
  const limited = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform(chunk, controller) {
      left -= chunk.length;
      if (left < 0) {
        controller.error(new RangeError('the block is too large'));
      } else {
        controller.enqueue(chunk);
      }
    }
  });
  return new Uint8Array(await new Response(stream.pipeThrough(limited)).arrayBuffer());
}

/** Read an inflated block. */
export function parseBlock(data: Uint8Array): AlternativesBlock {
  const header = new DataView(data.buffer, data.byteOffset, 16);
  const [rows, entries, , names] = [0, 4, 8, 12].map(place => header.getUint32(place, true));
  let place = 16 + names;
  const numbers = (count: number, planes: number): Uint32Array => {
    const column = new Uint32Array(count);
    for (let plane = 0; plane < planes; plane += 1) {
      for (let index = 0; index < count; index += 1) {
        column[index] |= data[place + index] << (8 * plane);
      }
      place += count;
    }
    return column;
  };
  const starts = runningSum(numbers(rows, 2));
  const ids = numbers(entries, 3);
  const steps = numbers(entries, 2);
  const statuses = Uint8Array.from(numbers(entries, 1));
  return {
    starts,
    ids,
    statuses,
    logprobs: readLogprobs(starts, steps, statuses),
    vocabulary: JSON.parse(new TextDecoder().decode(data.subarray(16, 16 + names)))
  };
}

function runningSum(counts: Uint32Array): Uint32Array {
  const starts = new Uint32Array(counts.length + 1);
  counts.forEach((count, row) => {
    starts[row + 1] = starts[row] + count;
  });
  return starts;
}

function readLogprobs(starts: Uint32Array, steps: Uint32Array, statuses: Uint8Array): Float64Array {
  const logprobs = new Float64Array(steps.length);
  for (let row = 0; row + 1 < starts.length; row += 1) {
    let sum = 0;
    for (let entry = starts[row]; entry < starts[row + 1]; entry += 1) {
      sum += steps[entry];
      logprobs[entry] = statuses[entry] === 0 ? -sum / STEPS_PER_NAT : NaN;
    }
  }
  return logprobs;
}
