/** Commands for `%%chat` cells; schema/plugin.json puts them into menus, toolbars and shortcuts. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Clipboard, ICommandPalette, InputDialog } from '@jupyterlab/apputils';
import { CodeCell, type Cell } from '@jupyterlab/cells';
import { INotebookTracker, NotebookActions, type NotebookPanel } from '@jupyterlab/notebook';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator, type TranslationBundle } from '@jupyterlab/translation';
import { asChatCell, caretIn, magicLine, withMagicLine } from '../cell/magicLine';
import { joinAnswers, writeProgram } from '../cell/requestExport';
import { isChatCell } from '../cell/grammar';
import { MIME_TYPE, readPayload } from '../result/payload';
import type { PayloadResult } from '../result/payloadTypes';

import '../../style/cell.css';

interface Settings {
  newCell: string;
  baseUrl: string;
}

const DEFAULTS: Settings = { newCell: '%%chat', baseUrl: '' };

interface Command {
  id: string;
  label: string;
  isFor: (cell: Cell) => boolean;
  run: (panel: NotebookPanel, cell: Cell) => unknown;
}

function cellSource(cell: Cell): string {
  return cell.model.sharedModel.getSource();
}

function isChat(cell: Cell): boolean {
  return cell.model.type === 'code' && isChatCell(cellSource(cell));
}

function cellResults(cell: Cell): PayloadResult[] {
  if (!(cell instanceof CodeCell)) {
    return [];
  }
  const { outputs } = cell.model;
  const all = Array.from(
    { length: outputs.length },
    (_output, index) => outputs.get(index).data[MIME_TYPE]
  );
  return all.flatMap((data: unknown) => readPayload(data)?.results ?? []);
}

function hasResult(cell: Cell): boolean {
  return cellResults(cell).length > 0;
}

/** Tell whether programs can send the requests again: long attachments are not stored. */
function hasRequest(cell: Cell): boolean {
  const isWhole = ({ request, no_program }: PayloadResult): boolean =>
    request.is_whole && !no_program;
  return hasResult(cell) && cellResults(cell).every(isWhole);
}

async function rerun(panel: NotebookPanel, cell: Cell, trans: TranslationBundle): Promise<void> {
  const { value, button } = await InputDialog.getText({
    title: trans.__('Run with Other Settings'),
    placeholder: '%%chat', // style/cell.css selects the dialog by it
    selectionRange: 0,
    text: magicLine(cellSource(cell)),
    okLabel: trans.__('Run')
  });
  if (button.accept && value) {
    cell.model.sharedModel.setSource(withMagicLine(cellSource(cell), value));
    await NotebookActions.run(panel.content, panel.sessionContext);
  }
}

function makeChat(panel: NotebookPanel, line: string): void {
  NotebookActions.changeCellType(panel.content, 'code');
  const model = panel.content.activeCell?.model.sharedModel;
  model?.setSource(asChatCell(model.getSource(), line));
}

function copyEach(cell: Cell, write: (result: PayloadResult) => string): void {
  Clipboard.copyToSystem(cellResults(cell).map(write).join('\n\n'));
}

function makeCommands(trans: TranslationBundle, settings: () => Settings): Command[] {
  const baseUrl = (): string => settings().baseUrl;
  return [
    {
      id: 'chat-magic:make-chat-cell',
      label: trans.__('Make This a %1 Cell', '%%chat'),
      isFor: cell => !isChat(cell),
      run: panel => makeChat(panel, settings().newCell)
    },
    {
      id: 'chat-magic:rerun',
      label: trans.__('Run with Other Settings…'),
      isFor: isChat,
      run: (panel, cell) => rerun(panel, cell, trans)
    },
    {
      id: 'chat-magic:copy-answer',
      label: trans.__('Copy Answer'),
      isFor: hasResult,
      run: (_panel, cell) => Clipboard.copyToSystem(joinAnswers(cellResults(cell)))
    },
    {
      id: 'chat-magic:copy-curl',
      label: trans.__('Copy Request as curl'),
      isFor: hasRequest,
      run: (_panel, cell) => copyEach(cell, result => writeProgram(result, 'curl', baseUrl()))
    },
    {
      id: 'chat-magic:copy-python',
      label: trans.__('Copy Request as Python'),
      isFor: hasRequest,
      run: (_panel, cell) => copyEach(cell, result => writeProgram(result, 'python', baseUrl()))
    }
  ];
}

function addCommand(
  app: JupyterFrontEnd,
  tracker: INotebookTracker,
  palette: ICommandPalette | null,
  command: Command
): void {
  const isFor = (): boolean => tracker.activeCell !== null && command.isFor(tracker.activeCell);
  app.commands.addCommand(command.id, {
    label: command.label,
    caption: command.label,
    isEnabled: isFor,
    isVisible: isFor,
    execute: () => {
      const panel = tracker.currentWidget;
      return panel && tracker.activeCell ? command.run(panel, tracker.activeCell) : undefined;
    }
  });
  palette?.addItem({ command: command.id, category: 'chat-magic' });
}

/** Insert a cell below the active one, to type where it ends. */
async function insertBelow({ content }: NotebookPanel, text: string): Promise<void> {
  NotebookActions.insertBelow(content);
  const cell = content.activeCell;
  if (!cell) {
    return;
  }
  cell.model.sharedModel.setSource(text);
  await content.scrollToItem(content.activeCellIndex, 'smart');
  await cell.ready;
  const position = cell.editor?.getPositionAt(caretIn(text));
  if (cell.editor && position) {
    content.mode = 'edit';
    cell.editor.setCursorPosition(position);
    cell.editor.focus();
    cell.editor.revealPosition(position);
  }
}

/** Insert a cell below the one whose output dispatched the event. */
function insertBelowOutput(tracker: INotebookTracker, event: Event): void {
  const { target } = event;
  const text: unknown = (event as CustomEvent<{ text?: unknown } | null>).detail?.text;
  const panel = tracker.find(({ node }) => target instanceof Node && node.contains(target));
  const index = panel?.content.widgets.findIndex(cell => cell.node.contains(target as Node)) ?? -1;
  if (panel && index >= 0 && typeof text === 'string') {
    panel.content.activeCellIndex = index;
    void insertBelow(panel, text);
    event.preventDefault();
  }
}

export const commands: JupyterFrontEndPlugin<void> = {
  id: 'chat-magic:plugin',
  description: 'Commands for %%chat cells.',
  autoStart: true,
  requires: [INotebookTracker],
  optional: [ICommandPalette, ISettingRegistry, ITranslator],
  activate: (
    app,
    tracker: INotebookTracker,
    palette: ICommandPalette | null,
    registry: ISettingRegistry | null,
    translator: ITranslator | null
  ) => {
    const trans = (translator ?? nullTranslator).load('chat-magic');
    let settings = (): Settings => DEFAULTS;
    void registry?.load('chat-magic:plugin').then(loaded => {
      settings = () => ({ ...DEFAULTS, ...(loaded.composite as Partial<Settings>) });
    });
    const all = makeCommands(trans, () => settings());
    all.forEach(command => addCommand(app, tracker, palette, command));
    app.commands.addCommand('chat-magic:insert-cell-below', {
      label: trans.__('Insert Cell Below'),
      execute: ({ text }) =>
        tracker.currentWidget &&
        insertBelow(tracker.currentWidget, typeof text === 'string' ? text : '')
    });
    const changed = (): void =>
      all.forEach(command => app.commands.notifyCommandChanged(command.id));
    tracker.activeCellChanged.connect((_tracker, cell) => {
      changed();
      cell?.model.contentChanged.connect(changed);
    });
    document.body.addEventListener('chat-magic:insert-cell', event =>
      insertBelowOutput(tracker, event)
    );
  }
};
