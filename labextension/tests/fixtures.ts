/** The fixtures that the tests in Python and in TypeScript share. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Answer, ResultModel } from '../src/result/answer';
import { readComparison, type Comparison } from '../src/result/comparison';
import { readPayload } from '../src/result/payload';
import type {
  Payload,
  PayloadDistribution,
  PayloadDistributionNode,
  PayloadResult
} from '../src/result/payloadTypes';
import { readRowTable, type RowTable } from '../src/result/rowTable';

/** The metrics of a token, as a row of the table in Python. */
export interface TokenRow {
  choice: number;
  rank: number | null;
  gap_nats: number | null;
  mass_residual: number | null;
  is_forced: boolean;
  entropy_bits_low: number | null;
  entropy_bits_high: number | null;
}

export interface InspectorCase {
  payload: Payload;
  rows: TokenRow[];
  texts: string[];
}

export interface DiffCase {
  about: string;
  by: 'word' | 'sentence' | 'json';
  base: string;
  other: string;
  changes: unknown[] | null;
}

/** Read a file of tests/wire. */
export function wire<T>(name: string): T {
  const path = join(import.meta.dirname, '../../tests/wire', name);
  return JSON.parse(readFileSync(path, 'utf-8')) as T;
}

/** Return the cases of diffs by some units, each after its description. */
export function diffCases(by: DiffCase['by'][]): [string, DiffCase][] {
  return ['diff.json', 'diff_cases.json']
    .flatMap(name => wire<DiffCase[]>(name))
    .filter(each => by.includes(each.by))
    .map(each => [each.about, each]);
}

/** Return a case of inspector.json. */
export function inspectorCase(name: string): InspectorCase {
  const found = wire<Record<string, InspectorCase>>('inspector.json')[name];
  if (!found) {
    throw new Error(`inspector.json has no case ${name}`);
  }
  return found;
}

/** Return the only result of a case of inspector.json, with other fields if given. */
export function resultOf(name: string, changes: Partial<PayloadResult> = {}): PayloadResult {
  const [result] = inspectorCase(name).payload.results;
  if (!result) {
    throw new Error(`the case ${name} has no result`);
  }
  return { ...result, ...changes };
}

/** Return one of the answers of a case of inspector.json, its alternatives loaded. */
export async function loadedAnswer(
  name: string,
  choice = 0,
  changes: Partial<PayloadResult> = {}
): Promise<Answer> {
  const model = new ResultModel(resultOf(name, changes));
  await model.load();
  const answer = model.choices[choice];
  if (!answer) {
    throw new Error(`the case ${name} has no choice ${choice}`);
  }
  return answer;
}

/** Return a case of comparison.json. */
export function comparisonOf(name: string): Comparison {
  const payload = readPayload(wire<Record<string, unknown>>('comparison.json')[name]);
  const comparison = payload && readComparison(payload);
  if (!comparison) {
    throw new Error(`comparison.json has no comparison ${name}`);
  }
  return comparison;
}

/** Return a node of a distribution. */
export function nodeOf(changes: Partial<PayloadDistributionNode> = {}): PayloadDistributionNode {
  return {
    parent: 0,
    node: 1,
    text: 'Par',
    prob: 0.8,
    ending: '',
    others: 0,
    unseen: 0,
    tokens: '1',
    is_text: true,
    ...changes
  };
}

/** Return a distribution with the answers `Paris` and `Par`, and `x`, which was not followed. */
export function distributionOf(): PayloadDistribution {
  return {
    model: 'a/b',
    facts: ['2 answers hold 80–90 %; 20 % unseen'],
    warnings: [],
    handle: 'h',
    cell: { block: '%%chat a/b\nuser: Who?\n', json: '%%chat\n{\n  "messages": [' },
    prefill: 'So: ',
    nodes: [
      nodeOf({ parent: -1, node: 0, text: '', prob: 1, unseen: 0.1, tokens: '' }),
      nodeOf(),
      nodeOf({ parent: 1, node: 2, text: 'is', prob: 0.6, ending: 'end', tokens: '1,2' }),
      nodeOf({ parent: 1, node: 3, text: '', prob: 0.2, ending: 'end' }),
      nodeOf({ node: 9, text: 'x', prob: 0.1, ending: 'open', tokens: '7' })
    ]
  };
}

/** Return the table of rows.json. */
export function rowTableOf(): RowTable {
  const payload = readPayload(wire('rows.json'));
  const table = payload && readRowTable(payload);
  if (!table) {
    throw new Error('rows.json has no table');
  }
  return table;
}
