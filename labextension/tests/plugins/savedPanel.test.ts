// @vitest-environment jsdom
import { beforeEach, describe, expect, it, vi } from 'vitest';

class CodeCell {
  constructor(
    readonly node: HTMLElement,
    readonly outputArea: unknown
  ) {}
}
vi.mock('@jupyterlab/cells', () => ({ CodeCell }));
vi.mock('@jupyterlab/notebook', () => ({ INotebookTracker: 'tracker' }));
const { savedPanel } = await import('../../src/plugins/savedPanel');

/** Open a notebook whose only output has these metadata, and activate the plugin. */
function open(metadata: Record<string, unknown>): HTMLElement {
  const root = document.createElement('div');
  const output = document.createElement('div');
  output.className = 'jp-OutputArea-output';
  root.append(output);
  document.body.append(root);
  const outputArea = { widgets: [{ node: output }], model: { get: () => ({ metadata }) } };
  const renderer = {
    node: Object.assign(document.createElement('p'), { textContent: 'static panel' }),
    renderModel: () => Promise.resolve()
  };
  const panel = {
    content: {
      node: root,
      widgets: [new CodeCell(root, outputArea)],
      rendermime: { createRenderer: () => renderer }
    },
    disposed: { connect: vi.fn() }
  };
  const tracker = {
    forEach: (act: (each: unknown) => void) => act(panel),
    widgetAdded: { connect: vi.fn() }
  };
  void savedPanel.activate(null as never, tracker);
  return output;
}

beforeEach(() => {
  vi.useFakeTimers();
  document.body.replaceChildren();
});

const settled = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);

describe('a panel whose widget cannot be drawn', () => {
  it('is drawn in its static form', async () => {
    const output = open({ chat_magic_panel: true });
    output.textContent = 'Error displaying widget: model not found';
    await settled();
    expect(output.textContent).toBe('static panel');
  });

  it('is drawn so if its widget keeps loading', async () => {
    const output = open({ chat_magic_panel: true });
    output.textContent = 'Loading widget...';
    await settled();
    expect(output.textContent).toBe('Loading widget...');
    await vi.advanceTimersByTimeAsync(3000);
    expect(output.textContent).toBe('static panel');
  });

  it('is left alone if the widget arrives in time', async () => {
    const output = open({ chat_magic_panel: true });
    output.textContent = 'Loading widget...';
    await settled();
    output.textContent = 'the widget';
    await vi.advanceTimersByTimeAsync(3000);
    expect(output.textContent).toBe('the widget');
  });
});

it('leaves the widgets of others alone', async () => {
  const output = open({});
  output.textContent = 'Error displaying widget: model not found';
  await settled();
  expect(output.textContent).toContain('Error displaying widget');
});
