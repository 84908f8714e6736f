// @vitest-environment jsdom
import { beforeEach, describe, expect, it } from 'vitest';
import type { TextRange } from '../../../src/result/renderedRange';
import { TokenText } from '../../../src/result/ui/tokenText';
import { loadedAnswer } from '../../fixtures';
import { find, texts, usePage } from './dom';

beforeEach(usePage);

async function draw(divergence: TextRange | null = null): Promise<TokenText> {
  const text = new TokenText(await loadedAnswer('names'), 'Tokens of choice 0', divergence);
  document.body.append(text.node);
  text.paint(Uint8Array.from([0, 2]));
  return text;
}

describe('painted tokens', () => {
  it('are elements with their bins; the space before a word is not painted', async () => {
    const { node } = await draw();
    expect(texts(node, '.chm-token')).toEqual(['3.', 'Charlotte']);
    expect(texts(node, '.chm-bin2')).toEqual(['Charlotte']);
    expect(node.textContent).toBe('3. Charlotte');
  });

  it('flow on from the prefill, which is none of them', async () => {
    const answer = await loadedAnswer('names', 0, { prefill: 'Names: ' });
    const text = new TokenText(answer, 'Tokens of choice 0');
    const { node } = text;
    expect(node.textContent).toBe('Names: 3. Charlotte');
    expect(find(node, '.chm-token-run').textContent).toBe('3. Charlotte');
    expect(text.pieceOf(find(node, '.chm-prefill').firstChild)).toBeNull();
  });

  it('show what precedes a divergence and the token at it', async () => {
    const { node } = await draw({ start: 2, end: 12 });
    expect(texts(node, '.chm-common')).toEqual(['3.']);
    expect(texts(node, '.chm-divergence')).toEqual(['Charlotte']);
  });

  it('are selected with a cursor, which screen readers follow', async () => {
    const text = await draw();
    text.select(0, 1, 1, false);
    const cursor = find(text.node, '.chm-current');
    expect(texts(text.node, '.chm-selected')).toEqual(['3.', 'Charlotte']);
    expect(text.node.getAttribute('aria-activedescendant')).toBe(cursor.id);
    text.clear();
    expect(texts(text.node, '.chm-selected, .chm-current')).toEqual([]);
  });

  it('keep the selection when they are painted again', async () => {
    const text = await draw();
    text.select(1, 1, 1, false);
    text.paint(Uint8Array.from([0, 4]));
    expect(find(text.node, '.chm-selected').className).toContain('chm-bin4');
  });

  it('are found by the node under the pointer', async () => {
    const text = await draw();
    expect(text.pieceOf(find(text.node, '.chm-bin2').firstChild)).toBe(1);
    expect(text.pieceOf(document.body)).toBeNull();
  });

  it('tell their probability', async () => {
    const { node } = await draw();
    const token = find(node, '.chm-bin2');
    token.dispatchEvent(new MouseEvent('pointerover', { bubbles: true }));
    expect(token.title).toMatch(/^\d+(\.\d)?%$/);
  });

  it('are copied as text without what only the page shows', async () => {
    const text = await draw();
    text.select(0, 1, 1, false);
    const data = new Map<string, string>();
    const event = new Event('copy', { cancelable: true });
    Object.assign(event, {
      clipboardData: { setData: (type: string, value: string) => data.set(type, value) }
    });
    text.node.dispatchEvent(event);
    expect(data.get('text/plain')).toBe('3. Charlotte');
  });
});
