// @vitest-environment jsdom
import { describe, expect, it, vi } from 'vitest';
import {
  button,
  capitalized,
  copy,
  details,
  element,
  isCommandKey,
  newId,
  select
} from '../../../src/result/ui/dom';
import { press } from './dom';

it('makes elements whose strings are text', () => {
  const node = element('p', 'chm-hint', '<b>', null, element('i', '', 'x'));
  expect(node.outerHTML).toBe('<p class="chm-hint">&lt;b&gt;<i>x</i></p>');
});

it('makes buttons that act and submit nothing', () => {
  const act = vi.fn();
  const node = button('Copy', 'Copy it', act, 'chm-copy');
  node.click();
  expect(act).toHaveBeenCalledOnce();
  expect([node.type, node.title, node.className]).toEqual([
    'button',
    'Copy it',
    'chm-button chm-copy'
  ]);
});

it('makes selects with a label and a value', () => {
  const act = vi.fn();
  const node = select('metric', ['rank', 'gap'], 'gap', act);
  expect([node.getAttribute('aria-label'), node.value]).toEqual(['metric', 'gap']);
  node.value = 'rank';
  node.dispatchEvent(new Event('change'));
  expect(act).toHaveBeenCalledWith('rank');
});

it.each([
  ['p', 'm', true],
  ['input', 'm', false],
  ['input', 'Escape', true],
  ['select', 'm', false]
] as const)('tells that %s takes the key %s as a command: %s', (tag, key, isCommand) => {
  const told: boolean[] = [];
  const node = element(tag);
  node.addEventListener('keydown', event => void told.push(isCommandKey(event as KeyboardEvent)));
  press(node, key);
  expect(told).toEqual([isCommand]);
});

it('fills details when they are first opened', async () => {
  const content = vi.fn(() => 'inside');
  const node = details('more', content);
  document.body.append(node);
  expect(content).not.toHaveBeenCalled();
  for (const isOpen of [true, false, true]) {
    node.open = isOpen;
    await vi.waitFor(() => expect(node.textContent).toBe('moreinside'));
  }
  expect(content).toHaveBeenCalledOnce();
});

describe('copying', () => {
  it.each([
    [() => Promise.resolve(), true],
    [() => Promise.reject(new Error('denied')), false]
  ])('tells whether the browser allows it: %#', async (writeText, answer) => {
    vi.stubGlobal('navigator', { clipboard: { writeText } });
    expect(await copy('text')).toBe(answer);
  });
});

it('capitalizes words', () => expect(['list', ''].map(capitalized)).toEqual(['List', '']));

it('returns ids that are unique', () => expect(newId()).not.toBe(newId()));
