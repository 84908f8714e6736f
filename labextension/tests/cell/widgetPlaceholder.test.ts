// @vitest-environment jsdom

import { expect, it } from 'vitest';
import { hasFailed, isLoading } from '../../src/cell/widgetPlaceholder';

it.each([
  ['Error displaying widget: model not found', true, false],
  ['Error displaying widget', true, false],
  ['Loading widget...', false, true],
  ['', false, false],
  ['<div>Error displaying widget</div>', false, false],
  ['An answer', false, false]
])('a place that holds "%s" is dead: %s, waiting: %s', (html, dead, waiting) => {
  const node = document.createElement('div');
  node.innerHTML = html;
  expect([hasFailed(node), isLoading(node)]).toEqual([dead, waiting]);
});
