// @vitest-environment jsdom
import { marked } from 'marked';
import { describe, expect, it } from 'vitest';
import { renderMarkdown } from '../../../src/result/ui/markdownView';
import { wire } from '../../fixtures';

interface Case {
  what: string;
  markdown: string;
  lines: string[];
}

const cases = wire<Case[]>('line_breaks.json');

const BLOCK_ENDS = new Set('P LI H1 TD TH UL TABLE'.split(' '));

/** Return the lines that a browser would draw. */
function drawnLines(node: Node): string {
  return Array.from(node.childNodes, child => {
    if (!(child instanceof Element)) {
      return (child.textContent ?? '').replaceAll('\n', ' ');
    }
    const text = child.tagName === 'BR' ? '\n' : drawnLines(child);
    return BLOCK_ENDS.has(child.tagName) ? `\n${text}\n` : text;
  }).join('');
}

/** Render as JupyterLab does, whose parser joins lines. */
async function render(markdown: string): Promise<HTMLElement> {
  const host = document.createElement('div');
  const options = {
    markdownParser: {
      render: (text: string) => Promise.resolve(marked.parse(text, { gfm: true, async: false }))
    },
    sanitizer: { sanitize: (dirty: string) => dirty },
    latexTypesetter: null
  };
  const answer = { text: markdown, prefill: '', pieces: [], divergence: null };
  await renderMarkdown(host, answer, options, () => undefined);
  return host;
}

describe('the line breaks of an answer', () => {
  it.each(cases)('are kept: $what', async ({ markdown, lines }) => {
    const drawn = drawnLines(await render(markdown)).split('\n');
    expect(drawn.map(line => line.trim()).filter(Boolean)).toEqual(lines);
  });

  it('leave the text as it was, so that marks are found in it', async () => {
    expect((await render('one\ntwo')).textContent.trim()).toBe('one\ntwo');
  });
});
