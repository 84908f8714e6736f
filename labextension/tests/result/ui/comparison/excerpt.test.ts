// @vitest-environment jsdom
import { expect, it } from 'vitest';
import { itemAt } from '../../../../src/result/indexing';
import { excerpt } from '../../../../src/result/ui/comparison/excerpt';
import { comparisonOf } from '../../../fixtures';
import { texts } from '../dom';

function draw(text: string, start: number, end: number): HTMLElement {
  const answer = itemAt(comparisonOf('four').answers, 0);
  return excerpt({ ...answer, text, start, end }, 'chm-excerpt');
}

it('dims what precedes the difference, and outlines its token without spaces', () => {
  const node = draw('My name is Ann.', 10, 14);
  expect(texts(node, '.chm-common')).toEqual(['My name is']);
  expect(texts(node, '.chm-divergence')).toEqual(['Ann']);
  expect(node.textContent).toBe('My name is Ann.');
});

it('begins at a word shortly before a late difference', () => {
  const text = `${'word '.repeat(40)}end.`;
  const node = draw(text, 200, 203);
  expect(texts(node, '.chm-common')[0]).toMatch(/^…(word )+$/);
  expect(texts(node, '.chm-common')[0]?.length).toBeLessThan(50);
});

it('ends after a line or two', () => {
  const { textContent } = draw('x'.repeat(1000), 0, 0);
  expect(textContent).toBe(`${'x'.repeat(220)}…`);
});
