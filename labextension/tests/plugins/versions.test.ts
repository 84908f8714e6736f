// @vitest-environment jsdom
import { describe, expect, it, vi } from 'vitest';

vi.mock('@jupyterlab/notebook', () => ({ INotebookTracker: 'tracker' }));
const { expression, versions } = await import('../../src/plugins/versions');

const LISTED = {
  versions: [
    { id: 1, title: '#1' },
    { id: 2, title: '#2' }
  ],
  current: 2
};

/** Dispatch what a result dispatches in a cell of a notebook with a kernel; return the reply. */
async function ask(
  content: object | null,
  kind = 'versions',
  asked: object = { answer: 'Tom' }
): Promise<{ source: unknown; sent: unknown[] }> {
  const output = document.createElement('div');
  const node = document.createElement('div');
  node.append(output);
  document.body.append(node);
  const requestExecute = vi.fn(() => ({ done: Promise.resolve({ content }) }));
  const panel = {
    node,
    content: { widgets: [{ node, model: { id: 'c-1' } }] },
    sessionContext: { session: content ? { kernel: { requestExecute } } : null }
  };
  const tracker = { find: (isIt: (one: object) => boolean) => [panel].find(isIt) };
  void versions.activate({} as never, tracker);
  const source = await new Promise(respond => {
    const detail = { ...asked, respond };
    output.dispatchEvent(new CustomEvent(`chat-magic:${kind}`, { bubbles: true, detail }));
  });
  return { source, sent: requestExecute.mock.calls.flat() };
}

const ok = (data: object): object => ({
  status: 'ok',
  user_expressions: { reply: { status: 'ok', data } }
});

describe('the plugin of versions', () => {
  it('asks the kernel about the cell, and leaves no trace', async () => {
    const { source, sent } = await ask(ok({ 'application/json': LISTED }));
    expect(source).toMatchObject({ current: 1 });
    expect(sent[0]).toMatchObject({ code: '', silent: true, store_history: false });
    expect(JSON.stringify(sent[0])).toContain('c-1');
  });

  it.each([
    ['no kernel', null],
    ['a kernel without chat-magic', ok({ 'text/plain': 'None' })],
    ['a kernel that has stopped at an error', { status: 'aborted' }],
    ['an expression that fails', { status: 'ok', user_expressions: { reply: { status: 'error' } } }]
  ])('finds none with %s', async (_case, content) => {
    expect((await ask(content)).source).toBeNull();
  });
});

describe('what a picture asks the kernel for', () => {
  const request = { ask: 'run', handle: 'h', run: 3 };

  it('is answered with a payload', async () => {
    const payload = { version: 1, results: [], axes: [], comparison: null };
    const reply = ok({ 'application/json': { payload } });
    const { source, sent } = await ask(reply, 'ask', { request });
    expect(source).toMatchObject({ payload, reason: '' });
    expect(sent[0]).toMatchObject({ user_expressions: { reply: expression(request) } });
  });

  it.each([
    [
      'its error',
      ok({ 'application/json': { error: 'run its cell again' } }),
      'run its cell again'
    ],
    ['that it does not reply', { status: 'aborted' }, 'the kernel does not reply']
  ])('or with %s', async (_case, content, reason) => {
    const { source } = await ask(content, 'ask', { request });
    expect(source).toEqual({ payload: null, reason });
  });
});

it('writes a request as a literal of Python', () => {
  expect(expression({ answer: 'a "b"\n\\' })).toContain(
    String.raw`VersionReply("{\"answer\":\"a \\\"b\\\"\\n\\\\\"}")`
  );
});
