import { beforeEach, describe, expect, it } from 'vitest';
import {
  LiveStreams,
  readMessage,
  readState,
  type LiveMessage,
  type Painter
} from '../../src/live/liveStream';
import { liveState, message } from './states';

class Recorder implements Painter {
  constructor(public seq: number) {}
  readonly painted: number[] = [];
  add({ seq }: LiveMessage): void {
    this.seq = seq;
    this.painted.push(seq);
  }
}

describe('streams', () => {
  let streams: LiveStreams;
  beforeEach(() => (streams = new LiveStreams()));

  it('pass on what is added after the state of a painter', () => {
    const painter = new Recorder(1);
    streams.follow('s', painter);
    [2, 3].forEach(seq => streams.take(message(seq)));
    expect(painter.painted).toEqual([2, 3]);
  });

  it('keep what came before a painter, such as that of a cell out of sight', () => {
    [2, 3].forEach(seq => streams.take(message(seq)));
    const painter = new Recorder(1);
    streams.follow('s', painter);
    expect(painter.painted).toEqual([2, 3]);
  });

  it('wait after a gap for the whole state that fills it', () => {
    const early = new Recorder(1);
    streams.follow('s', early);
    [2, 4, 5].forEach(seq => streams.take(message(seq)));
    expect(early.painted).toEqual([2]);
    streams.forget('s', 3);
    const late = new Recorder(3);
    streams.follow('s', late);
    expect(late.painted).toEqual([4, 5]);
  });

  it('take a message once, though two notebooks of one kernel hear it', () => {
    const painter = new Recorder(1);
    streams.follow('s', painter);
    [2, 2, 3, 3].forEach(seq => streams.take(message(seq)));
    expect(painter.painted).toEqual([2, 3]);
  });

  it('pass nothing to a painter that has left, and keep nothing of what has ended', () => {
    const painter = new Recorder(1);
    streams.follow('s', painter);
    streams.leave('s', painter);
    streams.take(message(2));
    streams.take({ stream: 's', seq: 3, parts: null });
    streams.follow('s', painter);
    expect(painter.painted).toEqual([]);
  });
});

describe('reading', () => {
  it.each([[null], [{}], [{ call: true }], [{ stream: 1, seq: 1, parts: null }]])(
    'takes %o for no message',
    data => expect(readMessage(data)).toBeNull()
  );

  it('takes a message and a whole state as they are', () => {
    expect(readMessage(message(2, 'a'))).toEqual(message(2, 'a'));
    expect(readState(liveState())).toEqual(liveState());
    expect(readState({ stream: 's', seq: 1 })).toBeNull();
  });
});
