/** Asks the kernel for the versions of a cell whose result is drawn. */

import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { INotebookTracker, type NotebookPanel } from '@jupyterlab/notebook';
import { readPayload } from '../result/payload';
import type { KernelReply, KernelRequest } from '../result/ui/root';
import { askVersions, type Ask, type VersionSource } from '../result/versions';

/** The detail of the event with which a result asks for its versions. */
interface Detail {
  answer: string;
  respond: (source: VersionSource | null) => void;
}

const MODULE = 'chat_magic.shell.magics';

/** Return the expression that replies to a request, where the kernel has loaded chat-magic. */
export function expression(request: object): string {
  const json = JSON.stringify(JSON.stringify(request));
  const loaded = `__import__("sys").modules.get("${MODULE}")`;
  const reply = `__import__("chat_magic.shell.version_requests", fromlist=["*"]).VersionReply(${json})`;
  return `${loaded} and ${reply}`;
}

/** Ask the kernel of a notebook, without a trace in its numbering or its variables. */
function askOf(panel: NotebookPanel): Ask {
  return async request => {
    const kernel = panel.sessionContext.session?.kernel;
    if (!kernel) {
      return null;
    }
    const future = kernel.requestExecute({
      code: '',
      silent: true,
      store_history: false,
      allow_stdin: false,
      stop_on_error: false,
      user_expressions: { reply: expression(request) }
    });
    const { content } = await future.done;
    const replies = content.status === 'ok' ? content.user_expressions : {};
    const reply = replies.reply as { data?: Record<string, unknown> } | undefined;
    return (reply?.data?.['application/json'] as Record<string, unknown> | undefined) ?? null;
  };
}

/** The detail of the event with which a picture asks for more of what it shows. */
interface AskDetail {
  request: KernelRequest;
  respond: (reply: KernelReply) => void;
}

async function answer(tracker: INotebookTracker, event: Event): Promise<void> {
  const { target } = event;
  const { request, respond } = (event as CustomEvent<AskDetail>).detail;
  const panel = target instanceof Node ? tracker.find(one => one.node.contains(target)) : undefined;
  if (panel) {
    event.preventDefault();
    const reply = await askOf(panel)(request).catch(() => null);
    const payload = readPayload(reply?.payload);
    const reason = typeof reply?.error === 'string' ? reply.error : 'the kernel does not reply';
    respond({ payload, reason: payload ? '' : reason });
  }
}

async function respond(tracker: INotebookTracker, event: Event): Promise<void> {
  const { target } = event;
  const { detail } = event as CustomEvent<Detail>;
  if (!(target instanceof Node)) {
    return;
  }
  const panel = tracker.find(({ node }) => node.contains(target));
  const cell = panel?.content.widgets.find(({ node }) => node.contains(target));
  if (panel && cell) {
    const source = await askVersions(askOf(panel), cell.model.id, detail.answer).catch(() => null);
    detail.respond(source);
  }
}

export const versions: JupyterFrontEndPlugin<void> = {
  id: 'chat-magic:versions',
  description: 'Shows earlier versions of a result, and more of a distribution or a table.',
  autoStart: true,
  requires: [INotebookTracker],
  activate: (_app, tracker: INotebookTracker) => {
    document.body.addEventListener('chat-magic:versions', event => void respond(tracker, event));
    document.body.addEventListener('chat-magic:ask', event => void answer(tracker, event));
  }
};
