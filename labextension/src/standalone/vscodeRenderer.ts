/** The renderer of VS Code: an extension of its own, the only way into restricted mode. */

import { element } from '../result/ui/dom';
import { memoryOf, mount, type Mounted } from './standalone';

/** The style sheet, put in by the build: a webview's document does not have it. */
declare const STANDALONE_STYLE: string;

interface OutputItem {
  id: string;
  json: () => unknown;
  metadata?: unknown;
}

interface Renderer {
  renderOutputItem: (item: OutputItem, host: HTMLElement) => void;
  disposeOutputItem: (id?: string) => void;
}

/** Called by VS Code once; draws each output that has the payload. */
export function activate(): Renderer {
  const mounted = new Map<string, Mounted>();
  const dispose = (id: string): void => {
    mounted.get(id)?.dispose();
    mounted.delete(id);
  };
  return {
    renderOutputItem: (item, host) => {
      dispose(item.id);
      const frame = element('div');
      host.replaceChildren(element('style', '', STANDALONE_STYLE), frame);
      const metadata = typeof item.metadata === 'object' ? item.metadata : null;
      mounted.set(item.id, mount(frame, item.json(), { memory: memoryOf({ ...metadata }) }));
    },
    disposeOutputItem: id => {
      (id === undefined ? [...mounted.keys()] : [id]).forEach(dispose);
    }
  };
}
