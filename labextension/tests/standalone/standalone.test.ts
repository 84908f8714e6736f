// @vitest-environment jsdom
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { memoryOf, mount, mountAll, render } from '../../src/standalone/standalone';
import { activate } from '../../src/standalone/vscodeRenderer';
import { resultOf, wire } from '../fixtures';
import { find, texts, usePage } from '../result/ui/dom';

const MIME_TYPE = 'application/vnd.chat-magic.result.v1+json';

const HOSTILE = [
  '<script>window.hit = 1</script>',
  '</script><script>window.hit = 1</script>',
  '<img src=x onerror="window.hit = 1">',
  '<svg onload="window.hit = 1">',
  '<math><mtext></form><form><mglyph><style></math><img src onerror="window.hit = 1">',
  '<iframe srcdoc="<script>parent.hit = 1</script>"></iframe>',
  '[a](javascript:window.hit=1)',
  '![a](javascript:window.hit=1)',
  '<javascript:window.hit=1>',
  '`<b onmouseover=window.hit=1>`',
  '```html\n<script>window.hit = 1</script>\n```',
  '```"><img src=x onerror=window.hit=1>\ntext\n```',
  '$$\\href{javascript:window.hit=1}{x}$$',
  'a\u2028b\u2029c',
  '[x]: javascript:window.hit=1\n\n[x]'
];

function payloadOf(changes: object = {}) {
  return { version: 1, results: [resultOf('names', changes)], axes: [], comparison: null };
}

/** A result whose texts are all hostile. */
function hostile(text: string) {
  const result = resultOf('plain', { model: text, warnings: [text], facts: [text], unsure: text });
  const choices = result.choices.map(choice => ({ ...choice, text, reasoning: text }));
  return { ...payloadOf(), results: [{ ...result, choices }] };
}

beforeEach(() => {
  usePage();
  vi.stubGlobal('matchMedia', () => ({ matches: false }));
  vi.stubGlobal('STANDALONE_STYLE', '.chm-root {}');
  HTMLCanvasElement.prototype.getContext = () => null;
});

describe('a mounted result', () => {
  it('is drawn in a host that is not yet in the page', async () => {
    const host = document.createElement('div');
    mount(host, payloadOf());
    await vi.waitFor(() => expect(host.querySelectorAll('.chm-result').length).toBe(1));
  });

  it('is drawn in a shadow root', async () => {
    const shadow = document.body.appendChild(document.createElement('div')).attachShadow({
      mode: 'open'
    });
    const host = shadow.appendChild(document.createElement('div'));
    const { dispose } = mount(host, payloadOf());
    await vi.waitFor(() => expect(shadow.querySelectorAll('.chm-result').length).toBe(1));
    expect(find(shadow, '.chm-alone').dataset.jpThemeLight).toBe('true');
    dispose();
    expect(host.childElementCount).toBe(0);
  });

  it('renders Markdown', async () => {
    mount(document.body, hostile('# Title\n\n**bold** and a [link](https://example.org)'));
    await vi.waitFor(() => expect(texts(document.body, 'strong')).toContain('bold'));
    expect(texts(document.body, 'h1')).toEqual(['Title']);
  });

  it('remembers how it was viewed', async () => {
    const stored: Record<string, unknown> = { chat_magic_view: 'raw' };
    mount(document.body, payloadOf(), { memory: memoryOf(stored) });
    await vi.waitFor(() =>
      expect(texts(document.body, '.chm-switch [aria-pressed=true]')).toEqual(['Raw'])
    );
    document.querySelector<HTMLElement>('.chm-switch button')?.click();
    expect(stored.chat_magic_view).toBe('text');
  });

  it.each(HOSTILE)('never becomes markup: %s', async text => {
    mount(document.body, hostile(text));
    await vi.waitFor(() => expect(document.querySelectorAll('.chm-result').length).toBe(1));
    const inside = Array.from(document.querySelectorAll('.chm-root *'));
    expect(
      inside.filter(({ tagName }) => /^(?:script|img|svg|iframe|style|math|form)$/i.test(tagName))
    ).toEqual([]);
    const attributes = inside.flatMap(node => Array.from(node.attributes));
    expect(attributes.filter(({ name }) => name.startsWith('on'))).toEqual([]);
    const links = Array.from(document.querySelectorAll('a'), ({ href }) => href);
    expect(links.filter(href => !/^(?:https?|mailto):/.test(href))).toEqual([]);
    expect((window as unknown as { hit?: number }).hit).toBeUndefined();
  });
});

describe('a page', () => {
  function store(value: unknown): HTMLElement {
    const picture = document.createElement('div');
    picture.textContent = 'static';
    const script = document.createElement('script');
    script.type = MIME_TYPE;
    script.textContent = JSON.stringify(value);
    document.body.append(picture, script);
    return picture;
  }

  it('has each payload drawn in place of its picture', async () => {
    const picture = store({ payload: payloadOf(), metadata: { chat_magic_view: 'raw' } });
    mountAll();
    await vi.waitFor(() => expect(document.querySelectorAll('.chm-result').length).toBe(1));
    expect(picture.hidden).toBe(true);
    expect(texts(document.body, '.chm-switch [aria-pressed=true]')).toEqual(['Raw']);
    mountAll();
    expect(document.querySelectorAll('.chm-alone').length).toBe(1);
  });

  it('keeps the picture where the payload cannot be read', () => {
    const picture = store(null);
    mountAll();
    expect(picture.hidden).toBe(false);
    expect(document.querySelectorAll('.chm-alone').length).toBe(0);
  });
});

describe('other front ends', () => {
  it('draw the model of a widget, and its changes', async () => {
    const values = { payload: payloadOf() as unknown };
    const acts: (() => void)[] = [];
    const model = { get: () => values.payload, on: (_: string, act: () => void) => acts.push(act) };
    const dispose = render({ model, el: document.body });
    await vi.waitFor(() => expect(document.querySelectorAll('.chm-result').length).toBe(1));
    values.payload = wire<Record<string, unknown>>('comparison.json').four;
    acts.forEach(act => act());
    await vi.waitFor(() => expect(document.querySelectorAll('.chm-views').length).toBe(1));
    dispose();
    expect(document.querySelectorAll('.chm-alone').length).toBe(0);
  });

  it('draw the outputs of VS Code', async () => {
    const renderer = activate();
    const host = document.body.appendChild(document.createElement('div'));
    renderer.renderOutputItem({ id: 'a', json: () => payloadOf() }, host);
    await vi.waitFor(() => expect(host.querySelectorAll('.chm-result').length).toBe(1));
    expect(texts(host, 'style')).toEqual(['.chm-root {}']);
    renderer.disposeOutputItem();
    expect(host.querySelectorAll('.chm-alone').length).toBe(0);
  });
});
