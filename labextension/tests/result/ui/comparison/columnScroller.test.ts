// @vitest-environment jsdom
import { beforeEach, expect, it, vi } from 'vitest';
import { ColumnScroller } from '../../../../src/result/ui/comparison/columnScroller';
import { texts, usePage } from '../dom';

beforeEach(usePage);

function draw(clientWidth: number, scrollLeft = 0) {
  const columns = document.createElement('div');
  columns.append(...Array.from({ length: 6 }, () => document.createElement('article')));
  const scrollBy = vi.fn();
  Object.defineProperties(columns, {
    clientWidth: { value: clientWidth },
    scrollWidth: { value: 600 },
    scrollLeft: { value: scrollLeft },
    scrollBy: { value: scrollBy }
  });
  vi.stubGlobal('matchMedia', () => ({ matches: true }));
  const node = document.createElement('span');
  const scroller = new ColumnScroller(columns, node);
  scroller.update();
  return { node, scrollBy, buttons: Array.from(node.querySelectorAll('button')) };
}

it.each([
  [200, 0, '1–2 of 6', [true, false]],
  [200, 100, '2–3 of 6', [false, false]],
  [300, 300, '4–6 of 6', [false, true]]
])('says which columns of %i pixels at %i are visible', (width, left, label, disabled) => {
  const { node, buttons } = draw(width, left);
  expect(texts(node, 'span')).toEqual([label]);
  expect(buttons.map(button => button.disabled)).toEqual(disabled);
});

it('is hidden if all columns are visible', () => expect(draw(600).node.hidden).toBe(true));

it('scrolls by as many columns as are visible', () => {
  const { buttons, scrollBy } = draw(250);
  buttons[1]?.click();
  expect(scrollBy).toHaveBeenCalledWith({ left: 200, behavior: 'auto' });
});
