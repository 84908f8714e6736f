// @vitest-environment jsdom
import { describe, expect, it } from 'vitest';
import { appendToken, exactText, sentenceNodes } from '../../../src/result/ui/exactText';
import { texts } from './dom';

function glyphs(node: ParentNode): (string | undefined)[] {
  return Array.from(node.querySelectorAll<HTMLElement>('.chm-chip'), chip => chip.dataset.glyph);
}

it.each([
  ['plain\ttext\n', []],
  ['a\u202eb', ['U+202E']],
  ['no-break\u00a0space', []],
  ['\u0000', ['U+0000']]
])('shows control characters of %j as chips', (text, expected) => {
  const node = exactText('span', 'x', text);
  expect(glyphs(node)).toEqual(expected);
  expect(node.textContent).toBe(text);
});

describe('a token', () => {
  it('also shows line breaks, tabs and spaces that look like others', () => {
    const node = document.createElement('span');
    appendToken(node, 'a\n\tb\u00a0');
    expect(texts(node, '.chm-newline, .chm-tab')).toEqual(['\n', '\t']);
    expect(glyphs(node)).toEqual(['U+00A0']);
    expect(node.textContent).toBe('a\n\tb\u00a0');
  });
});

it('isolates right-to-left words of a sentence', () => {
  const node = document.createElement('p');
  node.append(...sentenceNodes('مرحبا بكم 95%, Hi 5%'));
  expect(texts(node, 'bdi')).toEqual(['مرحبا بكم']);
});
