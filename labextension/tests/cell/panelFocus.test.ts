// @vitest-environment jsdom
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { focusPanel, onPanelDraw } from '../../src/cell/panelFocus';

const PANEL = `<div class="chp-panel"><div class="chp-body"><input>
  <div class="chp-messages"><div class="chp-message"><textarea id="system"></textarea></div>
  <div class="chp-message"><textarea id="prompt"></textarea></div></div></div></div>`;
const RESULT = '<div class="chm-root"><div class="chm-result" tabindex="-1"></div></div>';

/** Add an element to the page. */
function add(html: string): HTMLElement {
  const node = document.createElement('div');
  node.innerHTML = html;
  document.body.append(node);
  return node;
}

beforeEach(() => document.body.replaceChildren());

describe('the focus', () => {
  it('goes to the last message of a panel, which may be drawn later', async () => {
    const cell = add('');
    const done = focusPanel(cell, null);
    cell.innerHTML = PANEL;
    await done;
    expect(document.activeElement?.id).toBe('prompt');
  });

  it('goes to the first field if no message can be edited', async () => {
    const cell = add(PANEL.replaceAll('<textarea', '<textarea disabled'));
    await focusPanel(cell, null);
    expect(document.activeElement?.localName).toBe('input');
  });

  it('stays where the user types by then', async () => {
    const field = document.createElement('input');
    document.body.append(field);
    field.focus();
    await focusPanel(add(PANEL), null);
    expect(document.activeElement).toBe(field);
    await focusPanel(add(PANEL), field);
    expect(document.activeElement).not.toBe(field);
  });
});

describe('what a panel draws', () => {
  it.each([
    ['chp-compare', true],
    ['chp-excerpt', false]
  ])('is scrolled into view after %s; it has the focus: %s', async (name, isFocused) => {
    const scroll = vi.fn();
    Element.prototype.scrollIntoView = scroll;
    const area = add(`<button class="${name}"></button><span></span><div class="answers"></div>`);
    area.className = 'jp-OutputArea';
    const button = area.querySelector('button') as HTMLElement;
    const done = new Promise<void>(resolve => {
      button.addEventListener('click', event => resolve(onPanelDraw(event)));
    });
    button.click();
    (area.querySelector('span') as HTMLElement).textContent = 'status';
    (area.querySelector('.answers') as HTMLElement).innerHTML = RESULT;
    await done;
    expect(scroll).toHaveBeenCalledWith({ block: 'nearest' });
    expect(document.activeElement?.className === 'chm-result').toBe(isFocused);
  });
});
