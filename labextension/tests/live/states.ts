/** Whole states and messages of streams, for tests. */

import type { LiveAnswer, LiveMessage, LiveState, Piece } from '../../src/live/liveStream';

/** Return the whole state of one answer. */
export function liveState(answer: Partial<LiveAnswer> = {}, more: Partial<LiveState> = {}) {
  const only = { title: null, state: '…', pieces: ['He'] as Piece[], ...answer };
  const state: LiveState = {
    stream: 's',
    seq: 1,
    title: 'a/b',
    facts: ['0.4 s to first token'],
    done: null,
    runs: 1,
    rounds: [],
    matrix: null,
    answers: [only],
    ...more
  };
  return state;
}

/** Return a message that adds pieces to answer 0. */
export function message(seq: number, ...pieces: Piece[]): LiveMessage {
  const parts = { answers: [[0, null, pieces]] as never };
  return { stream: 's', seq, parts };
}
