/** The fixtures that Python's tests share. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Payload } from '../src/result/payload';

export interface Row {
  choice: number;
  rank: number | null;
  gap_nats: number | null;
  mass_residual: number | null;
  is_forced: boolean;
  entropy_bits_low: number | null;
  entropy_bits_high: number | null;
}

export interface Case {
  payload: Payload;
  rows: Row[];
  texts: string[];
}

/** Read a file of tests/wire. */
export function wire<T>(name: string): T {
  const path = join(import.meta.dirname, '../../tests/wire', name);
  return JSON.parse(readFileSync(path, 'utf-8')) as T;
}
