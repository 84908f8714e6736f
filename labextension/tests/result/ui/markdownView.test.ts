// @vitest-environment jsdom
import { describe, expect, it } from 'vitest';
import { renderMarkdown, type MarkedText } from '../../../src/result/ui/markdownView';
import type { Piece } from '../../../src/result/tokens';

/** Render with a parser that returns what it is told, and a sanitizer that lets all through. */
async function render(
  html: string | ((text: string) => string),
  source = '',
  pieces: Piece[] = [],
  more: Partial<MarkedText> = {}
) {
  const host = document.createElement('div');
  const typeset: string[] = [];
  const options = {
    markdownParser: {
      render: (text: string) => Promise.resolve(typeof html === 'string' ? html : html(text))
    },
    sanitizer: { sanitize: (dirty: string) => dirty },
    latexTypesetter: { typeset: (node: HTMLElement) => void typeset.push(node.textContent) }
  };
  const picked: number[] = [];
  const marked = { text: source, prefill: '', pieces, divergence: null, ...more };
  await renderMarkdown(host, marked, options, piece => void picked.push(piece));
  return { host, typeset, picked };
}

describe('rendered Markdown', () => {
  it.each([
    ['<script>1</script>', '1'],
    ['<b onclick="x" id="y" class="z">bold</b>', 'bold'],
    ['<p onclick="x" id="y" class="z" style="position:fixed">p</p>', '<p>p</p>'],
    ['<a href="javascript:1">a</a>', 'a'],
    ['<a href=" JAVASCRIPT:1">a</a>', 'a'],
    ['<a href="#x" class="jp-InternalAnchorLink">¶</a>', ''],
    ['<img src="data:image/png;base64,x" alt="d">', 'd'],
    ['<iframe src="http://x.org">i</iframe><svg onload="x"></svg>', 'i'],
    ['<button data-commandlinker-command="x">b</button>', 'b'],
    ['<input type="checkbox" checked> done', '☑  done'],
    [
      '<table><td style="text-align:right;color:red">1</td></table>',
      '<td style="text-align: right;">'
    ]
  ])('makes of %s %s', async (html, want) => {
    const { host } = await render(html);
    expect(host.innerHTML).toContain(want);
    expect(host.innerHTML).not.toMatch(/on\w+=|javascript|<script|<img|data-|id=|fixed/i);
  });

  it('links to what an image would load', async () => {
    const { host } = await render('<img src="https://x.org/a.png" alt="cat">');
    const link = host.querySelector('a');
    expect([link?.href, link?.textContent, link?.target]).toEqual([
      'https://x.org/a.png',
      'cat',
      '_blank'
    ]);
  });

  it('puts tags back as text, and typesets formulas but those in code', async () => {
    const paragraph = (text: string) => `<p>${text.replace(/`(.*)`/, '<code>$1</code>')}</p>`;
    const { host, typeset } = await render(paragraph, '<i>a</i> $x<y$ `$z$`');
    expect(host.textContent).toBe('<i>a</i> $x<y$ $z$');
    expect(typeset).toEqual(['$x<y$']);
    expect(host.querySelector('i')).toBeNull();
  });

  it('underlines what was unsure, wherever the markup is', async () => {
    const piece = (text: string, prob: number) => ({ text, prob, start: 0, end: 1, offset: 0 });
    const pieces = [
      piece('**Use', 0.9),
      piece(' Redis', 0.4),
      piece('** when', 0.02),
      piece(' sure', 0.9)
    ];
    const { host, picked } = await render(
      '<p><strong>Use Redis</strong> when sure</p>',
      'x',
      pieces
    );
    const marks = Array.from(host.querySelectorAll<HTMLElement>('.chm-unsure'));
    expect(marks.map(mark => [mark.textContent, mark.className])).toEqual([
      ['Redis', 'chm-unsure chm-unsure1'],
      ['when', 'chm-unsure chm-unsure4']
    ]);
    expect(host.textContent).toBe('Use Redis when sure');
    marks[1]?.click();
    expect(picked).toEqual([2]);
  });

  it('begins with the prefill, which is dimmed, in one text with the answer', async () => {
    const piece = (text: string, prob: number) => ({ text, prob, start: 0, end: 1, offset: 0 });
    const rendered: string[] = [];
    const { host } = await render(
      text => {
        rendered.push(text);
        return '<ul><li>good <em>very</em></li><li>good tea</li></ul>';
      },
      'y*\n- good tea',
      [piece('y', 0.9), piece('*\n-', 0.9), piece(' good', 0.1), piece(' tea', 0.9)],
      { prefill: '- good *ver', divergence: { start: 10, end: 14 } }
    );
    expect(rendered).toEqual(['- good *very*\n- good tea']);
    expect(Array.from(host.querySelectorAll('.chm-prefill'), node => node.textContent)).toEqual([
      'good ',
      'ver'
    ]);
    const [unsure] = host.querySelectorAll('.chm-unsure');
    expect(unsure?.closest('li')?.previousElementSibling).not.toBeNull();
    expect(host.querySelector('.chm-divergence')?.textContent).toBe('tea');
  });

  it('shows control characters as chips that keep the character', async () => {
    const { host } = await render('<p>a\u202eb\u00a0c</p>');
    expect(host.querySelector<HTMLElement>('.chm-chip')?.dataset.glyph).toBe('U+202E');
    expect(host.querySelectorAll('.chm-chip').length).toBe(1);
    expect(host.textContent).toBe('a\u202eb\u00a0c');
  });
});
