// @vitest-environment jsdom
import { describe, expect, it } from 'vitest';
import type { ComparedAnswer } from '../../../../src/result/comparison';
import { itemAt } from '../../../../src/result/indexing';
import { drawChanges } from '../../../../src/result/ui/comparison/changesView';
import { comparisonOf } from '../../../fixtures';
import { texts } from '../dom';

function answer(text: string): ComparedAnswer {
  return { ...itemAt(comparisonOf('four').answers, 0), text };
}

describe('changes', () => {
  it('say that the texts are the same', () => {
    const node = drawChanges(answer('a'), answer('a'), 'word');
    expect(texts(node, '.chm-hint, .chm-exact')).toEqual(['Same text as the base', 'a']);
  });

  it('mark words without the space before them, and name them', () => {
    const node = drawChanges(answer('I like tea'), answer('I like black tea'), 'word');
    expect(node.textContent).toBe('I like black tea');
    expect(texts(node, 'ins')).toEqual(['black']);
    expect(node.querySelector('ins')?.getAttribute('aria-label')).toBe('inserted “black”');
  });

  it.each([
    ['Red tea', 'Green tea', 'Red Green tea'],
    ['Red', 'Green', 'Red Green'],
    ['I like tea', 'I like milk', 'I like tea milk'],
    ['a\nRed', 'a\nGreen', 'a\nRed Green'],
    ['Red tea', 'tea', 'Red tea tea']
  ])('of %j and %j have a space between what is deleted and inserted', (base, other, text) => {
    expect(drawChanges(answer(base), answer(other), 'word').textContent).toBe(text);
  });

  it('of sentences mark whole ones', () => {
    const node = drawChanges(answer('It rains. Go.'), answer('It rains. Stay.'), 'sentence');
    expect([texts(node, 'del'), texts(node, 'ins')]).toEqual([['Go.'], ['Stay.']]);
  });

  it('of JSON list the fields that differ', () => {
    const [base, other] = ['{"a": 1, "b": 2, "d": 0}', '{"a": 1, "b": 3, "c": 4}'].map(answer);
    const node = drawChanges(base ?? answer(''), other ?? answer(''), 'json');
    expect(texts(node, 'li')).toEqual(['/b2 → 3', '/d0', '/c4', '1 field unchanged']);
    expect(node.querySelector('li')?.getAttribute('aria-label')).toBe('/b changed from 2 to 3');
  });

  it('fall back to words if not both are JSON', () => {
    const node = drawChanges(answer('{"a": 1}'), answer('b'), 'json');
    expect(texts(node, '.chm-hint')[0]).toContain('compared by word');
    expect(texts(node, 'ins')).toEqual(['b']);
  });
});
