/** Marks answers that were streaming when their kernel ended or they were saved: nothing will finish them. */

import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { CodeCell, type ICodeCellModel } from '@jupyterlab/cells';
import { INotebookTracker, type NotebookPanel } from '@jupyterlab/notebook';
import constants from '../constants.json';

import '../../style/cell.css';

/** What to say for each status of a kernel that forgets what it was doing. */
const ENDED: Record<string, string> = {
  restarting: 'Kernel restarted. Run this cell again',
  autorestarting: 'Kernel restarted. Run this cell again',
  starting: 'Kernel restarted. Run this cell again',
  terminating: 'Kernel stopped. Run this cell again',
  dead: 'Kernel stopped. Run this cell again'
};
/** What to say of an answer in a file: updates reach only the page that ran its cell. */
const SAVED = 'Saved before the answer ended. Run this cell again';
type Output = ReturnType<CodeCell['outputArea']['model']['get']>;

const LIVE = `.${constants.liveClass}`;

class Watch {
  constructor(private readonly panel: NotebookPanel) {
    panel.sessionContext.statusChanged.connect((_context, status) => this.onStatus(status));
    const observer = new MutationObserver(() => this.draw());
    observer.observe(panel.content.node, { childList: true, subtree: true });
    panel.disposed.connect(() => observer.disconnect());
    if (!panel.context.isReady) {
      void panel.context.ready.then(() => this.onLoad()); // another view of it may be live
    }
  }

  private onLoad(): void {
    for (const cell of this.panel.content.model?.cells ?? []) {
      const outputs = cell.type === 'code' ? (cell as ICodeCellModel).outputs : null;
      for (let index = 0; index < (outputs?.length ?? 0); index += 1) {
        const output = outputs?.get(index);
        if (output && isLive(output)) {
          this.hasStopped = true;
          this.stopped.set(output, SAVED);
        }
      }
    }
    this.draw();
  }

  private onStatus(status: string): void {
    const words = ENDED[status];
    if (words !== undefined) {
      this.forEachLive((output, node) => {
        this.hasStopped = true;
        this.stopped.set(output, words);
        node.dataset.chmStopped = words;
      });
    }
  }

  /** Mark again what was drawn anew, such as a cell that was scrolled into view. */
  private draw(): void {
    if (!this.hasStopped) {
      return;
    }
    this.forEachLive((output, node) => {
      const words = this.stopped.get(output);
      if (words !== undefined && node.dataset.chmStopped !== words) {
        node.dataset.chmStopped = words;
      }
    });
  }

  private forEachLive(act: (output: Output, node: HTMLElement) => void): void {
    for (const cell of this.panel.content.widgets) {
      if (!(cell instanceof CodeCell)) {
        continue;
      }
      const { model, widgets } = cell.outputArea;
      widgets.forEach(({ node }, index) => {
        const live = node.querySelector<HTMLElement>(LIVE);
        if (live && index < model.length) {
          act(model.get(index), live);
        }
      });
    }
  }

  private hasStopped = false;
  /** By output, what is said of it. */
  private readonly stopped = new WeakMap<Output, string>();
}

function isLive({ data }: Output): boolean {
  const html = data['text/html'];
  const isMarked = typeof html === 'string' && html.includes(constants.liveClass);
  return isMarked || constants.liveType in data;
}

export const stoppedAnswers: JupyterFrontEndPlugin<void> = {
  id: 'chat-magic:stopped',
  description: 'Marks answers that were streaming when their kernel ended or they were saved.',
  autoStart: true,
  requires: [INotebookTracker],
  activate: (_app, tracker: INotebookTracker) => {
    tracker.forEach(panel => new Watch(panel));
    tracker.widgetAdded.connect((_tracker, panel) => {
      new Watch(panel);
    });
  }
};
