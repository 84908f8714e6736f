// @vitest-environment jsdom
import { beforeEach, describe, expect, it, vi } from 'vitest';

class CodeCell {
  constructor(readonly outputArea: unknown) {}
}
vi.mock('@jupyterlab/cells', () => ({ CodeCell }));
vi.mock('@jupyterlab/notebook', () => ({ INotebookTracker: 'tracker' }));
const { stoppedAnswers } = await import('../../src/plugins/stoppedAnswers');

const STREAMING = '<div class="chm-live">half an ans</div>';

/** Open a notebook with an output for each HTML, and activate the plugin. */
function open(...html: string[]) {
  return watch(html, false);
}

/** Activate the plugin before or after a notebook with these outputs is read from its file. */
function watch(html: string[], isLoading: boolean) {
  const root = document.createElement('div');
  document.body.append(root);
  const nodes = html.map(each => {
    const node = document.createElement('div');
    node.innerHTML = each;
    root.append(node);
    return node;
  });
  const models = html.map(each => ({ data: { 'text/html': each } }));
  const cells = nodes.map((node, index) => {
    const model = { length: 1, get: () => models[index] };
    return new CodeCell({ model, widgets: [{ node }] });
  });
  const file = isLoading
    ? models.map(each => ({ type: 'code', outputs: { length: 1, get: () => each } }))
    : [];
  let onStatus: (context: null, status: string) => void = () => undefined;
  const panel = {
    content: { node: root, widgets: cells, model: { cells: file } },
    context: { isReady: file.length === 0, ready: Promise.resolve() },
    sessionContext: { statusChanged: { connect: (act: typeof onStatus) => (onStatus = act) } },
    disposed: { connect: vi.fn() }
  };
  const tracker = {
    forEach: (act: (each: unknown) => void) => act(panel),
    widgetAdded: { connect: vi.fn() }
  };
  void stoppedAnswers.activate(null as never, tracker);
  return { nodes, become: (status: string) => onStatus(null, status) };
}

function said(node: HTMLElement | undefined): string | undefined {
  return node?.querySelector<HTMLElement>('.chm-live')?.dataset.chmStopped;
}

beforeEach(() => document.body.replaceChildren());

describe('an answer that streams', () => {
  it.each([
    ['restarting', 'Kernel restarted. Run this cell again'],
    ['autorestarting', 'Kernel restarted. Run this cell again'],
    ['dead', 'Kernel stopped. Run this cell again'],
    ['busy', undefined],
    ['idle', undefined]
  ])('in a kernel that is %s says %s', (status, words) => {
    const { nodes, become } = open(STREAMING);
    become(status);
    expect(said(nodes[0])).toBe(words);
  });

  it('still says so when it is drawn again', async () => {
    const { nodes, become } = open(STREAMING);
    become('restarting');
    nodes[0]?.replaceChildren();
    if (nodes[0]) {
      nodes[0].innerHTML = STREAMING;
    }
    await vi.waitFor(() => expect(said(nodes[0])).toContain('Kernel restarted'));
  });
});

it('leaves finished answers alone', () => {
  const { nodes, become } = open('<div class="chm-root">done</div>', STREAMING);
  become('restarting');
  expect(nodes[0]?.innerHTML).not.toContain('stopped');
  expect(said(nodes[1])).toContain('Kernel restarted');
});

it('says of what was saved in mid-stream that it did not end', async () => {
  const { nodes } = watch([STREAMING, '<div class="chm-root">done</div>'], true);
  await vi.waitFor(() => expect(said(nodes[0])).toContain('Saved before the answer ended'));
  expect(nodes[1]?.innerHTML).not.toContain('stopped');
});

it('says nothing in another view of a notebook that is open', async () => {
  const { nodes } = watch([STREAMING], false);
  await Promise.resolve();
  expect(said(nodes[0])).toBeUndefined();
});
