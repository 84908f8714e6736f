// @vitest-environment jsdom
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { resultOf, wire } from './fixtures';
import { liveState } from './live/states';
import { find, MARKDOWN_OPTIONS, texts, usePage } from './result/ui/dom';

vi.mock('@lumino/widgets', () => ({
  Widget: class {
    node = document.createElement('div');
    addClass(name: string): void {
      this.node.classList.add(name);
    }
    isAttached = true;
    dispose(): void {}
  }
}));

const { default: extensions } = await import('../src/mime');

/** Return the renderer of a MIME type. */
function factoryOf(type: string) {
  const found = extensions.find(({ rendererFactory }) => rendererFactory.mimeTypes.includes(type));
  if (!found) {
    throw new Error(`no renderer for ${type}`);
  }
  return found.rendererFactory;
}

const MIME_TYPE = 'application/vnd.chat-magic.result.v1+json';
const LIVE_TYPE = 'application/vnd.chat-magic.live.v1+json';

/** A model as JupyterLab's: its metadata can be set. */
function modelOf(payload: unknown, metadata: Record<string, unknown> = {}) {
  return {
    data: { [MIME_TYPE]: payload },
    metadata,
    setData(changes: { metadata: Record<string, unknown> }): void {
      this.metadata = changes.metadata;
    }
  };
}

async function render(payload: unknown, metadata: Record<string, unknown> = {}) {
  const renderer = factoryOf(MIME_TYPE).createRenderer(MARKDOWN_OPTIONS as never);
  const model = modelOf(payload, metadata);
  document.body.append((renderer as unknown as { node: HTMLElement }).node);
  await renderer.renderModel(model as never);
  return { renderer, model, node: find(document.body, '.chm-root') };
}

const payloadOf = (changes: object) => ({
  version: 1,
  results: [resultOf('names', changes)],
  axes: [],
  comparison: null
});

/** Lay out all elements at a height of the page. */
function layOutAt(top: number): void {
  const rectangle = { width: 100, top, bottom: top + 100 } as DOMRect;
  vi.spyOn(Element.prototype, 'getBoundingClientRect').mockReturnValue(rectangle);
}

beforeEach(() => {
  usePage();
  layOutAt(0);
});

describe('the renderer', () => {
  it('shows the text of a result that is far from what is seen, and draws it when printed', async () => {
    layOutAt(3 * window.innerHeight);
    const renderer = factoryOf(MIME_TYPE).createRenderer(MARKDOWN_OPTIONS as never);
    const { node } = renderer as unknown as { node: HTMLElement };
    document.body.append(node);
    const data = { ...modelOf(payloadOf({})).data, 'text/plain': 'Ada <b>' };
    await renderer.renderModel({ data, metadata: {} } as never);
    expect(texts(node, 'pre')).toEqual(['Ada <b>']);
    expect(node.className).toBe('');
    window.dispatchEvent(new Event('beforeprint'));
    await vi.waitFor(() => find(node, '.chm-result'));
    expect(node.querySelector('.chm-not-drawn')).toBe(null);
  });

  it('shows the tokens where a model cannot be changed, as in Voila', async () => {
    const renderer = factoryOf(MIME_TYPE).createRenderer(MARKDOWN_OPTIONS as never);
    const node = (renderer as unknown as { node: HTMLElement }).node;
    document.body.append(node);
    await renderer.renderModel({ data: modelOf(payloadOf({})).data, metadata: {} } as never);
    find(node, '[role=group] button:nth-of-type(2)').click();
    await vi.waitFor(() => find(node, '.chm-token'));
  });

  it('is for the MIME types of results and of answers that stream, both safe', () => {
    const factories = extensions.map(({ rendererFactory }) => rendererFactory);
    expect(factories.flatMap(({ mimeTypes }) => mimeTypes)).toEqual([MIME_TYPE, LIVE_TYPE]);
    expect(factories.every(({ safe }) => safe)).toBe(true);
  });

  it('paints an answer that streams', async () => {
    const renderer = factoryOf(LIVE_TYPE).createRenderer(MARKDOWN_OPTIONS as never);
    const state = liveState({ pieces: ['Hi ', [2, 'Charles', '20 %']] });
    await renderer.renderModel({ data: { [LIVE_TYPE]: state } } as never);
    const { node } = renderer as unknown as { node: HTMLElement };
    expect(texts(node, '.chm-bin2')).toEqual(['Charles']);
    renderer.dispose();
  });

  it('draws a result for each, in the stored mode', async () => {
    const { node } = await render(payloadOf({}), { chat_magic_view: 'raw' });
    expect(node.querySelectorAll('.chm-result').length).toBe(1);
    expect(texts(node, '.chm-switch [aria-pressed=true]')).toEqual(['Raw']);
  });

  it('draws a comparison, and stores its state in the metadata', async () => {
    const { node, model } = await render(wire<Record<string, unknown>>('comparison.json').four);
    const [, list] = node.querySelectorAll<HTMLElement>('.chm-views button');
    list?.click();
    await vi.waitFor(() =>
      expect(model.metadata.chat_magic_comparison).toMatchObject({ view: 'list' })
    );
  });

  it('says what it cannot draw', async () => {
    const { node } = await render({ version: 2, results: [] });
    expect(node.textContent).toContain('newer version');
  });

  it('draws the same payload only once', async () => {
    const { renderer, model, node } = await render(payloadOf({}));
    const drawn = node.lastChild;
    await renderer.renderModel(model as never);
    expect(node.lastChild).toBe(drawn);
    await renderer.renderModel(modelOf(payloadOf({ model: 'a/b' })) as never);
    expect(node.lastChild).not.toBe(drawn);
  });
});

describe('earlier versions', () => {
  const earlier = { version: 1, cell: '%%chat\nforgotten', axes: [], comparison: null };
  const saved = { ...earlier, results: [resultOf('names', { model: 'c/d' })] };

  it('are drawn in place from what the notebook holds', async () => {
    const { node } = await render({ ...payloadOf({ model: 'a/b' }), versions: [saved] });
    expect(node.textContent).toContain('1 earlier version is saved in this notebook');
    const back = find(node, '.chm-versions button');
    back.focus();
    back.click();
    await vi.waitFor(() => expect(find(node, '.chm-result').textContent).toContain('c/d'));
    // a disabled button loses the focus, so the other one has it
    expect(document.activeElement?.getAttribute('aria-label')).toBe('The version after');
    expect(texts(node, '.chm-versions pre')).toEqual(['%%chat\nforgotten']);
  });

  it('are asked of the page, with the answer that tells which one is drawn', async () => {
    const asked: string[] = [];
    const hear = (event: Event): unknown =>
      asked.push((event as CustomEvent<{ answer: string }>).detail.answer);
    document.body.addEventListener('chat-magic:versions', hear);
    const payload = payloadOf({});
    const { node } = await render(payload);
    document.body.removeEventListener('chat-magic:versions', hear);
    expect(asked).toEqual([payload.results[0]?.choices[0]?.text]);
    expect(find(node, '.chm-versions').hidden).toBe(true);
  });
});

describe('a cell to insert', () => {
  const cell = { block: '%%chat a/b\nuser: Hi\n', json: '' };

  async function branch(): Promise<HTMLElement> {
    const { node } = await render(payloadOf({ model: 'a/b', cell }), { chat_magic_view: 'tokens' });
    await vi.waitFor(() => find(node, '.chm-token'));
    const token = node.querySelectorAll<HTMLElement>('.chm-token')[1];
    token?.click();
    // the alternatives are read after the tokens are drawn
    await vi.waitFor(() => find(node, '.chm-alts [role=option]'));
    find(node, '.chm-actions button').click();
    return node;
  }

  it('is offered to the page', async () => {
    const cells: string[] = [];
    document.body.addEventListener(
      'chat-magic:insert-cell',
      event => {
        cells.push((event as CustomEvent<{ text: string }>).detail.text);
        event.preventDefault();
      },
      { once: true }
    );
    const node = await branch();
    await vi.waitFor(() => expect(texts(node, '.chm-note')[0]).toBe('inserted below'));
    expect(cells[0]).toMatch(/^%%chat a\/b\nuser: Hi\nassistant: /);
  });

  it('is copied if nothing inserts it', async () => {
    const writeText = vi.fn(() => Promise.resolve());
    vi.stubGlobal('navigator', { clipboard: { writeText } });
    const node = await branch();
    await vi.waitFor(() =>
      expect(texts(node, '.chm-note')[0]).toContain('copied to the clipboard')
    );
    expect(writeText).toHaveBeenCalledOnce();
  });
});
