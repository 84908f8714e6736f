// @vitest-environment jsdom
import { beforeEach, describe, expect, it, vi } from 'vitest';

const run = vi.fn();
const runCells = vi.fn();

class Cell {
  constructor(
    private source: string,
    id = 'new',
    type = 'code'
  ) {
    const setSource = (text: string): void => {
      this.source = text;
    };
    const contentChanged = { connect: vi.fn() };
    const sharedModel = { getSource: () => this.source, setSource };
    this.model = { id, type, contentChanged, sharedModel };
  }
  readonly model;
  readonly node = document.createElement('div');
}

vi.mock('@jupyterlab/apputils', () => ({ ICommandPalette: 'palette' }));
vi.mock('@jupyterlab/notebook', () => ({
  INotebookTracker: 'tracker',
  NotebookActions: {
    run,
    runCells,
    insertBelow: (content: { widgets: Cell[]; activeCellIndex: number }) => {
      content.activeCellIndex += 1;
      content.widgets.splice(content.activeCellIndex, 0, new Cell(''));
    }
  }
}));
vi.mock('@jupyterlab/translation', () => ({
  ITranslator: 'translator',
  nullTranslator: { load: () => ({ __: (text: string) => text }) }
}));
vi.mock('@jupyterlab/ui-components', () => ({ settingsIcon: {} }));
const { offerCode, panelOpener } = await import('../../src/plugins/panelOpener');

interface Command {
  isVisible: () => boolean;
  execute: () => Promise<void>;
}

/** Activate the plugin in a notebook with these cells, the first of which is active. */
function activate(...cells: Cell[]) {
  const requestExecute = vi.fn((_request: { code: string }) => ({ done: Promise.resolve() }));
  const content = {
    widgets: cells,
    activeCellIndex: 0,
    scrollToItem: () => Promise.resolve(),
    get activeCell() {
      return this.widgets[this.activeCellIndex] ?? null;
    }
  };
  const node = document.createElement('div');
  document.body.append(node);
  const panel = { content, node, sessionContext: { session: { kernel: { requestExecute } } } };
  let command: Command | undefined;
  const app = {
    commands: {
      addCommand: (_id: string, options: Command) => (command = options),
      notifyCommandChanged: vi.fn()
    }
  };
  const tracker = {
    activeCell: cells[0],
    currentWidget: panel,
    activeCellChanged: { connect: vi.fn() },
    find: (test: (each: unknown) => boolean) => [panel].find(test)
  };
  void panelOpener.activate(app as never, tracker, null, null);
  const sources = () => content.widgets.map(({ model }) => model.sharedModel.getSource());
  return { command: command as Command, requestExecute, content, node, sources };
}

beforeEach(() => {
  vi.clearAllMocks();
  document.body.replaceChildren();
});

describe('the command', () => {
  it('tells the kernel which cell the panel is for, and draws it below', async () => {
    const { command, requestExecute, sources } = activate(new Cell('%%chat a/b\nHi', 'c-1'));
    await command.execute();
    const { code } = requestExecute.mock.calls[0]?.[0] ?? { code: '' };
    expect(code).toContain('offer_cell("c-1", "%%chat a/b\\nHi")');
    expect(sources()).toEqual(['%%chat a/b\nHi', '%chat /panel']);
    expect(run).toHaveBeenCalledOnce();
  });

  it('uses the panel that is there', async () => {
    const { command, sources } = activate(new Cell('%%chat'), new Cell('%chat /panel'));
    await command.execute();
    expect(sources()).toEqual(['%%chat', '%chat /panel']);
  });

  it('leaves other code alone', async () => {
    const { command, requestExecute } = activate(new Cell('print(1)'));
    await command.execute();
    expect(requestExecute).not.toHaveBeenCalled();
  });

  it.each([
    ['%%chat', 'code', true],
    ['', 'code', true],
    ['print(1)', 'code', false],
    ['', 'markdown', false]
  ])('is visible for the cell %j of type %s: %s', (source, type, isVisible) => {
    expect(activate(new Cell(source, 'c', type)).command.isVisible()).toBe(isVisible);
  });
});

describe('a panel', () => {
  const ask = (node: HTMLElement, detail: object): boolean =>
    !node.dispatchEvent(
      new CustomEvent('chat-magic:update-cell', { bubbles: true, cancelable: true, detail })
    );

  it('updates its cell, and runs it on demand', () => {
    const { node, sources } = activate(new Cell('%%chat', 'c-1'));
    expect(ask(node, { id: 'c-1', text: '%%chat -n 2', isRun: false })).toBe(true);
    expect(sources()).toEqual(['%%chat -n 2']);
    expect(runCells).not.toHaveBeenCalled();
    ask(node, { id: 'c-1', text: '%%chat -n 3', isRun: true });
    expect(runCells).toHaveBeenCalledOnce();
  });

  it('updates no cell that is gone', () => {
    const { node } = activate(new Cell('%%chat', 'c-1'));
    expect(ask(node, { id: 'c-2', text: 'x', isRun: false })).toBe(false);
    expect(ask(node, { id: '', text: 'x', isRun: false })).toBe(false);
  });
});

it('writes any text as a literal of Python', () => {
  expect(offerCode('a', '"\\\u2028')).toContain('offer_cell("a", "\\"\\\\\u2028")');
});
