import { beforeEach, describe, expect, it, vi } from 'vitest';
import constants from '../../src/constants.json';
import { LiveStreams } from '../../src/live/liveStream';
import { message } from '../live/states';

vi.mock('@jupyterlab/notebook', () => ({ INotebookTracker: 'tracker' }));
const { Listener } = await import('../../src/plugins/live');

class Comm {
  isDisposed = false;
  subshellStarted = Promise.resolve();
  open = vi.fn();
  send = vi.fn();
  close(): void {
    this.isDisposed = true;
  }
}

let comms: Comm[];
let say: (data: unknown, id?: string, type?: string) => Promise<void>;
let now: number;
let streams: LiveStreams;

beforeEach(() => {
  comms = [];
  now = 0;
  streams = new LiveStreams();
  let hear: (kernel: null, message: unknown) => void = () => undefined;
  const kernel = {
    handleComms: true,
    supportsSubshells: true,
    iopubMessage: { connect: (act: typeof hear) => (hear = act) },
    createComm: (target: string) => {
      expect(target).toBe(constants.pageTarget);
      comms.push(new Comm());
      return comms.at(-1);
    }
  };
  new Listener(kernel as never, streams, () => now);
  say = async (data, id = constants.liveComm, type = 'comm_msg') => {
    hear(null, { header: { msg_type: type }, content: { comm_id: id, data } });
    await Promise.resolve();
    await Promise.resolve();
  };
});

describe('a page', () => {
  it('says nothing to a kernel that it does not hear', async () => {
    await say({ method: 'update', state: {} }, 'a-widget');
    await say({}, constants.liveComm, 'status');
    expect(comms).toEqual([]);
  });

  it('listens when it is called, in a comm that is opened once its subshell runs', async () => {
    await say({ call: true });
    expect(comms.map(comm => comm.open.mock.calls.length)).toEqual([1]);
  });

  it('opens another comm when it is called again, but not at once', async () => {
    await say({ call: true });
    await say({ call: true });
    expect(comms.length).toBe(1);
    now += 2_000;
    await say({ call: true });
    expect(comms.map(comm => comm.isDisposed)).toEqual([true, false]);
  });

  it('listens when it hears what is added, as after a reload, and takes it', async () => {
    const take = vi.spyOn(streams, 'take');
    await say(message(7, 'a'));
    expect(comms.length).toBe(1);
    expect(take).toHaveBeenCalledWith(message(7, 'a'));
  });

  it('replies once for each answer, and every ten seconds while one streams', async () => {
    await say({ call: true });
    for (const [at, seq] of [
      [1_000, 2],
      [2_000, 3],
      [10_500, 4],
      [11_500, 5],
      [12_000, 6]
    ] as const) {
      now = at;
      await say(message(seq, 'a'));
    }
    await say({ ...message(1, 'b'), stream: 'other' });
    expect(comms[0]?.send.mock.calls.length).toBe(3);
  });
});
