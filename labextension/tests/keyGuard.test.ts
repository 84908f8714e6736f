// @vitest-environment jsdom
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { KeyGuard, outputOf } from '../src/keyGuard';

const PAGE = `
<div class="jp-Cell" tabindex="-1"><div class="jp-OutputArea">
  <div class="jp-OutputArea-output chm-root" id="result"><section class="chm-result" tabindex="-1">
    <p id="blank"></p><button id="gone"></button></section></div>
  <div class="jp-OutputArea-output" id="panel"><div class="chp-panel"><button id="run"></button><button id="reset"></button></div></div>
  <div class="jp-OutputArea-output" id="live"><div class="chm-live"><b id="text"></b></div></div>
  <div class="jp-OutputArea-output" id="other"><p id="plain" tabindex="-1"></p></div>
</div></div>`;

const byId = (id: string): HTMLElement => document.getElementById(id) as HTMLElement;
const heard = vi.fn<(key: string) => void>();
document.addEventListener('keydown', event => heard(event.key));
new KeyGuard(document);

function press(key: string, options: KeyboardEventInit = {}): void {
  const target = document.activeElement ?? document.body;
  target.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, ...options }));
}

function click(node: HTMLElement): void {
  node.dispatchEvent(new MouseEvent('mousedown', { bubbles: true }));
  node.dispatchEvent(new MouseEvent('mouseup', { bubbles: true }));
}

beforeEach(() => {
  document.body.innerHTML = PAGE;
  heard.mockClear();
});

describe('the keyboard', () => {
  it.each([
    ['blank', 'result'],
    ['run', 'panel'],
    ['text', 'live'],
    ['plain', undefined]
  ])('finds the output of #%s', (id, output) => {
    expect(outputOf(byId(id))?.id).toBe(output);
  });

  it.each(['blank', 'run', 'text'])('stays in an output after a click on #%s', id => {
    click(byId(id));
    ['d', 'd', 'm', '7', 'Enter', 'ArrowDown'].forEach(key => press(key));
    expect(heard).not.toHaveBeenCalled();
    press('s', { ctrlKey: true });
    expect(heard.mock.calls).toEqual([['s']]);
  });

  it('leaves to the cell with Escape', () => {
    click(byId('blank'));
    press('Escape');
    expect(document.activeElement?.className).toBe('jp-Cell');
    press('d');
    expect(heard.mock.calls).toEqual([['d']]);
  });

  it('stays when the element that had the focus is removed', async () => {
    byId('gone').focus();
    byId('gone').remove();
    await new Promise(resolve => setTimeout(resolve, 0));
    expect(document.activeElement?.className).toBe('chm-result');
  });

  it('goes to no button of a panel, such as Reset, when its own is disabled', async () => {
    byId('run').focus();
    (byId('run') as HTMLButtonElement).disabled = true;
    await new Promise(resolve => setTimeout(resolve, 0));
    expect(document.activeElement?.id).toBe('panel');
  });

  it('goes where Tab takes the focus, although the output changes on the way', async () => {
    byId('gone').addEventListener('focusout', () => byId('blank').toggleAttribute('hidden'));
    byId('gone').focus();
    byId('gone').dispatchEvent(
      new FocusEvent('focusout', { bubbles: true, relatedTarget: byId('plain') })
    );
    await Promise.resolve();
    byId('plain').focus();
    await new Promise(resolve => setTimeout(resolve, 0));
    expect(document.activeElement?.id).toBe('plain');
  });

  it('leaves other outputs alone', () => {
    byId('plain').focus();
    click(byId('plain'));
    press('d');
    expect(heard.mock.calls).toEqual([['d']]);
  });
});
