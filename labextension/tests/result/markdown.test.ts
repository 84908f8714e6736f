import { describe, expect, it } from 'vitest';
import { guard, restore, restoreText } from '../../src/result/markdown';

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
  ])('is put back as it was: %j', source => {
    const { text, formulas } = guard(source);
    expect(restoreText(text, formulas)).toBe(source);
  });

  it('has no tag outside of a code block, where it stays for the highlighter', () => {
    expect(guard('<b>').text).not.toContain('<');
    expect(guard('```\n<b>\n```').text).toContain('<b>');
    expect(guard('```mermaid\n<b>\n```').text).not.toContain('mermaid');
  });

  it('takes formulas out, but none that reaches into the page', () => {
    expect(guard('a $x^2$ b').formulas).toEqual(['$x^2$']);
    expect(guard('$\\href{javascript:1}{x}$').formulas).toEqual([]);
    expect(guard('costs $5 and $6').formulas).toEqual([]);
    const { text, formulas } = guard('a $x$ <b>');
    expect(restore(text, formulas)).toEqual([{ text: 'a ' }, { formula: '$x$' }, { text: ' <b>' }]);
  });

  it('is a code block where it is JSON', () => {
    expect(guard('{"a": 1}').text).toBe('```json\n{"a": 1}\n```');
    expect(guard('[not json').text).toBe('[not json');
  });
});
