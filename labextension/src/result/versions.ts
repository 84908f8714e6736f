/** The versions of a cell: what the kernel tells of them, and what the notebook has saved. */

import { readPayload } from './payload';
import type { Payload, PayloadVersion } from './payloadTypes';

/** A version that can be shown. */
export interface Version {
  /** Its number in the history; null if it is saved in the notebook only. */
  id: number | null;
  /** Its number among the executions of the cell, from 1. */
  number: number;
  /** When and with which model it was run. */
  title: string;
}

/** A version as it is drawn; its result is null for the one that the output holds. */
export interface ShownVersion {
  cell: string | null;
  payload: Payload | null;
}

export type Change = readonly ['same' | 'insert' | 'delete' | 'left out', string];
export type Row = readonly [string, string, string];

/** What changed from one version to another, as `ResultDiff.plain` writes it. */
export interface ResultDiff {
  before: string;
  after: string;
  prompt: {
    note: string | null;
    parameters: Row[];
    messages: { role: string; changes: Change[] }[];
  };
  answers: { note: string | null; changes: Change[]; rows: Row[] };
}

/** Where versions come from. */
export interface VersionSource {
  /** The oldest first. */
  versions: Version[];
  /** The index of the version that the output holds. */
  current: number;
  show: (version: Version) => Promise<ShownVersion>;
  /** Null where versions cannot be compared. */
  diff: ((before: Version, after: Version) => Promise<ResultDiff>) | null;
}

/** Sends a request to `chat_magic/shell/version_requests.py`; null if it cannot reply. */
export type Ask = (request: object) => Promise<Record<string, unknown> | null>;

/** Return the text by which the kernel knows which version the output holds. */
export function firstAnswer(payload: Payload): string {
  return payload.results.flatMap(result => result.choices)[0]?.text ?? '';
}

/** Return the versions that the kernel knows; null if it knows none besides this one. */
export async function askVersions(
  ask: Ask,
  cell: string,
  answer: string
): Promise<VersionSource | null> {
  const reply = await ask({ ask: 'list', cell, answer });
  const listed = (reply?.versions ?? []) as { id: number; title: string }[];
  const versions = listed.map(({ id, title }, index) => ({ id, title, number: index + 1 }));
  const current = versions.findIndex(({ id }) => id === reply?.current);
  if (versions.length < 2 || current < 0) {
    return null;
  }
  return {
    versions,
    current,
    show: async ({ id }) => {
      const { cell, payload } = checked(await ask({ ask: 'show', id }));
      return { cell: typeof cell === 'string' ? cell : null, payload: readPayload(payload) };
    },
    diff: async (before, after) => {
      const [one, other] = [before, after].map(({ id, number }) => [id, versionName(number)]);
      return checked(
        await ask({ ask: 'diff', before: one, after: other })
      ) as unknown as ResultDiff;
    }
  };
}

function checked(reply: Record<string, unknown> | null): Record<string, unknown> {
  if (!reply || typeof reply.error === 'string') {
    throw new Error((reply?.error as string | undefined) ?? 'the kernel does not reply');
  }
  return reply;
}

/** Return the versions that the notebook holds; null if it holds none. */
export function savedVersions(saved: readonly PayloadVersion[]): VersionSource | null {
  const last = saved.at(-1);
  if (!last) {
    return null;
  }
  const title = 'saved in this notebook';
  const earlier = saved.map(({ version }) => ({ id: null, number: version, title }));
  const current = { id: null, number: last.version + 1, title };
  return {
    versions: [...earlier, current],
    current: saved.length,
    show: version => {
      const entry = saved.find(one => one.version === version.number);
      return Promise.resolve({
        cell: entry?.cell ?? null,
        payload: entry ? readPayload({ ...entry, version: 1 }) : null
      });
    },
    diff: null
  };
}

/** Say how many versions the notebook holds; empty for none. */
export function savedWords(count: number): string {
  return count
    ? `${count} earlier version${count === 1 ? ' is' : 's are'} saved in this notebook`
    : '';
}

export function versionName(number: number): string {
  return `version ${number}`;
}
