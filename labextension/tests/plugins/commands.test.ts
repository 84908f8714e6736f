// @vitest-environment jsdom
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { resultOf } from '../fixtures';

const copied: string[] = [];
const getText = vi.fn();
const run = vi.fn();
vi.mock('@jupyterlab/apputils', () => ({
  Clipboard: { copyToSystem: (text: string) => copied.push(text) },
  ICommandPalette: 'palette',
  InputDialog: { getText }
}));
class CodeCell {
  constructor(
    private source: string,
    outputs: unknown[] = []
  ) {
    this.model = {
      type: 'code',
      contentChanged: { connect: vi.fn() },
      outputs: { length: outputs.length, get: (index: number) => ({ data: outputs[index] }) },
      sharedModel: {
        getSource: () => this.source,
        setSource: (text: string) => (this.source = text)
      }
    };
  }
  readonly node = document.createElement('div');
  readonly model;
  readonly ready = Promise.resolve();
  readonly editor = {
    getPositionAt: (offset: number) => offset,
    setCursorPosition: vi.fn(),
    focus: vi.fn(),
    revealPosition: vi.fn()
  };
}
vi.mock('@jupyterlab/cells', () => ({ CodeCell }));
vi.mock('@jupyterlab/notebook', () => ({
  INotebookTracker: 'tracker',
  NotebookActions: {
    run,
    changeCellType: vi.fn(),
    insertBelow: (content: { widgets: CodeCell[]; activeCellIndex: number }) => {
      content.activeCellIndex += 1;
      content.widgets.splice(content.activeCellIndex, 0, new CodeCell(''));
    }
  }
}));
vi.mock('@jupyterlab/settingregistry', () => ({ ISettingRegistry: 'settings' }));
vi.mock('@jupyterlab/translation', () => {
  const trans = { __: (text: string, word = '') => text.replace('%1', word) };
  return { ITranslator: 'translator', nullTranslator: { load: () => trans } };
});
vi.mock('@jupyterlab/ui-components', () => ({ settingsIcon: {} }));
const { commands } = await import('../../src/plugins/commands');

interface Options {
  label: string;
  isEnabled: () => boolean;
  execute: (args: object) => unknown;
}

const MIME_TYPE = 'application/vnd.chat-magic.result.v1+json';

/** Activate the plugin in a notebook with a cell, and return its commands by name. */
function activate(cell: CodeCell) {
  const registered = new Map<string, Options>();
  const content = {
    widgets: [cell],
    activeCellIndex: 0,
    mode: 'command',
    scrollToItem: () => Promise.resolve(),
    get activeCell() {
      return this.widgets[this.activeCellIndex] ?? null;
    }
  };
  const panel = { content, node: document.createElement('div'), sessionContext: {} };
  panel.node.append(cell.node);
  document.body.append(panel.node);
  const app = {
    commands: {
      addCommand: (id: string, options: Options) => registered.set(id, options),
      notifyCommandChanged: vi.fn()
    }
  };
  const tracker = {
    activeCell: cell,
    currentWidget: panel,
    activeCellChanged: { connect: vi.fn() },
    find: (test: (each: unknown) => boolean) => [panel].find(test)
  };
  void commands.activate(app as never, tracker, null, null, null);
  const command = (name: string): Options => {
    const options = registered.get(`chat-magic:${name}`);
    if (!options) {
      throw new Error(`there is no command ${name}`);
    }
    return options;
  };
  return {
    command,
    content,
    sources: () => content.widgets.map(each => each.model.sharedModel.getSource())
  };
}

function cellWith(changes: object = {}): CodeCell {
  const results = [resultOf('names', changes)];
  return new CodeCell('%%chat a/b\nHi', [{ [MIME_TYPE]: { version: 1, results } }]);
}

beforeEach(() => {
  copied.length = 0;
  document.body.replaceChildren();
});

describe('a command', () => {
  it('makes a cell a chat cell', async () => {
    const { command, sources } = activate(new CodeCell('Hi'));
    expect(command('make-chat-cell').isEnabled()).toBe(true);
    await command('make-chat-cell').execute({});
    expect(sources()).toEqual(['%%chat\nHi']);
    expect(command('make-chat-cell').isEnabled()).toBe(false);
  });

  it('runs a cell with other settings', async () => {
    getText.mockResolvedValue({ button: { accept: true }, value: '%%chat a/b -n 2' });
    const { command, sources } = activate(cellWith());
    await command('rerun').execute({});
    expect(sources()).toEqual(['%%chat a/b -n 2\nHi']);
    expect(run).toHaveBeenCalledOnce();
  });

  it('changes nothing if the dialog is dismissed', async () => {
    getText.mockResolvedValue({ button: { accept: false }, value: null });
    const { command, sources } = activate(cellWith());
    await command('rerun').execute({});
    expect(sources()).toEqual(['%%chat a/b\nHi']);
  });

  it.each([
    ['copy-answer', /^3\. Charlotte/],
    ['copy-curl', /^curl --no-buffer "\$CHAT_MAGIC_BASE_URL/],
    ['copy-python', /^import json\nimport os/]
  ])('copies: %s', async (name, start) => {
    const choices = resultOf('names').choices.slice(0, 1);
    const { command } = activate(cellWith({ choices }));
    await command(name).execute({});
    expect(copied[0]).toMatch(start);
  });

  it('copies no request whose attachments are not stored', () => {
    const request = { ...resultOf('names').request, is_whole: false };
    const { command } = activate(cellWith({ request }));
    expect(command('copy-answer').isEnabled()).toBe(true);
    expect(command('copy-curl').isEnabled()).toBe(false);
  });

  it.each([
    ['x = 1', 'x = 1'],
    [undefined, '']
  ])('inserts a cell with the text %j', async (text, source) => {
    const { command, sources } = activate(new CodeCell('a'));
    await command('insert-cell-below').execute({ text });
    expect(sources()).toEqual(['a', source]);
  });
});

it('inserts a cell below the output that asks for it', () => {
  const cell = cellWith();
  const { sources } = activate(cell);
  const event = new CustomEvent('chat-magic:insert-cell', {
    bubbles: true,
    cancelable: true,
    detail: { text: '%%chat next' }
  });
  cell.node.dispatchEvent(event);
  expect(event.defaultPrevented).toBe(true);
  expect(sources()).toEqual(['%%chat a/b\nHi', '%%chat next']);
});
