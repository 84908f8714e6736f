/** Listens to what is added to answers while they stream, beside the document. */

import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { INotebookTracker, type NotebookPanel } from '@jupyterlab/notebook';
import constants from '../constants.json';
import { liveStreams, readMessage, type LiveStreams } from '../live/liveStream';

type Connection = NonNullable<NonNullable<NotebookPanel['sessionContext']['session']>['kernel']>;
/** Later versions than the oldest that is supported say when its subshell has started. */
type Comm = ReturnType<Connection['createComm']> & { subshellStarted?: Promise<void> };
type Message = Parameters<Parameters<Connection['iopubMessage']['connect']>[0]>[1];

/** How often the kernel is told that this page still listens, while an answer streams. */
const REPLY_MS = 10_000;

/** Calls of a kernel that come closer together are one. */
const CALL_MS = 1_000;

/**
 * Listens to one kernel.
 *
 * A page speaks only when it hears the kernel: when that asks who listens, or when it hears what is
 * added to an answer, as after a reload. So a kernel without chat-magic is never spoken to.
 */
export class Listener {
  constructor(
    private readonly kernel: Connection,
    private readonly streams: LiveStreams,
    private readonly now: () => number = Date.now
  ) {
    kernel.iopubMessage.connect((_kernel, message) => this.onMessage(message));
  }

  /** Tell the kernel that this page listens, in a subshell if it has them: there it is heard now. */
  private async open(): Promise<void> {
    const { kernel } = this;
    if (!kernel.handleComms || this.now() - this.openedMs < CALL_MS) {
      return;
    }
    this.openedMs = this.spokeMs = this.now();
    const comm: Comm = kernel.createComm(constants.pageTarget);
    if (this.isOpen(this.comm)) {
      this.comm.close();
    }
    this.comm = comm;
    if (kernel.supportsSubshells) {
      await comm.subshellStarted;
    }
    if (this.isOpen(comm)) {
      comm.open();
    }
  }

  private onMessage(message: Message): void {
    if (message.header.msg_type !== 'comm_msg') {
      return;
    }
    const { comm_id, data } = message.content as { comm_id: string; data: unknown };
    if (comm_id !== constants.liveComm) {
      return;
    }
    const added = readMessage(data);
    if (added) {
      this.streams.take(added);
    }
    if (added && this.isOpen(this.comm)) {
      this.reply(this.comm, added.stream, added.parts === null);
    } else {
      void this.open();
    }
  }

  /** Say that this page listens: once for each answer, and from time to time. */
  private reply(comm: Comm, stream: string, hasEnded: boolean): void {
    const isNew = !hasEnded && !this.heard.has(stream);
    if (hasEnded) {
      this.heard.delete(stream);
    } else {
      this.heard.add(stream);
    }
    if (isNew || this.now() - this.spokeMs > REPLY_MS) {
      this.spokeMs = this.now();
      comm.send({});
    }
  }

  private isOpen(comm: Comm | null): comm is Comm {
    return comm !== null && !comm.isDisposed;
  }

  private comm: Comm | null = null;
  private openedMs = -Infinity;
  private spokeMs = -Infinity;
  private readonly heard = new Set<string>();
}

/** Listen to each kernel that a notebook gets. */
function watch({ sessionContext }: NotebookPanel): void {
  const listen = (kernel: Connection | null | undefined): void => {
    if (kernel) {
      new Listener(kernel, liveStreams);
    }
  };
  listen(sessionContext.session?.kernel);
  sessionContext.kernelChanged.connect((_context, { newValue }) => listen(newValue));
}

export const live: JupyterFrontEndPlugin<void> = {
  id: 'chat-magic:live',
  description: 'Paints the probabilities of tokens while an answer streams.',
  autoStart: true,
  requires: [INotebookTracker],
  activate: (_app, tracker: INotebookTracker) => {
    tracker.forEach(watch);
    tracker.widgetAdded.connect((_tracker, panel) => watch(panel));
  }
};
