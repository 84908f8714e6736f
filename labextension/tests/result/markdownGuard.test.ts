import { describe, expect, it } from 'vitest';
import { guardMarkdown, restoreGuarded, restoreText } from '../../src/result/markdownGuard';

describe('a guarded text', () => {
  it.each([
    'a < b and <script>alert(1)</script>',
    '```html\n<b>kept</b>\n```\n<i>',
    '- item\n  ```\n  <b>\n  ```\n',
    '````\n```\n<b>\n````\n<u>',
    '$x<1$ and $$y$$ and \\(z\\) but `$not$`',
    'costs $5 and $6',
    '\\begin{align}a<b\\end{align}',
    '> ```\n> <b>\n> ```'
  ])('is restored exactly: %j', source => {
    const { text, formulas } = guardMarkdown(source);
    expect(restoreText(text, formulas)).toBe(source);
  });

  it('has no tag outside of a code block, where it stays for the highlighter', () => {
    expect(guardMarkdown('<b>').text).not.toContain('<');
    expect(guardMarkdown('```\n<b>\n```').text).toContain('<b>');
    expect(guardMarkdown('```mermaid\n<b>\n```').text).not.toContain('mermaid');
  });

  it('takes out formulas, except unsafe ones', () => {
    expect(guardMarkdown('a $x^2$ b').formulas).toEqual(['$x^2$']);
    expect(guardMarkdown('$\\href{javascript:1}{x}$').formulas).toEqual([]);
    expect(guardMarkdown('costs $5 and $6').formulas).toEqual([]);
    const { text, formulas } = guardMarkdown('a $x$ <b>');
    expect(restoreGuarded(text, formulas)).toEqual([
      { text: 'a ' },
      { formula: '$x$' },
      { text: ' <b>' }
    ]);
  });

  it('is a code block if it is JSON', () => {
    expect(guardMarkdown('{"a": 1}').text).toBe('```json\n{"a": 1}\n```');
    expect(guardMarkdown('[not json').text).toBe('[not json');
  });
});
