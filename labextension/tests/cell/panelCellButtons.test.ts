// @vitest-environment jsdom
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { onPanelClick } from '../../src/cell/panelCellButtons';

const CELL = '%%chat local\nuser: 5 < 6 & “ü”';
const writeText = vi.fn<(text: string) => Promise<void>>();

async function click(action: string): Promise<string | null> {
  const button = document.querySelector(`[data-action=${action}] i`);
  const clicked = new Promise<void>(resolve => {
    document.body.addEventListener('click', event => void onPanelClick(event).then(resolve), {
      once: true
    });
  });
  button?.dispatchEvent(new MouseEvent('click', { bubbles: true }));
  await clicked;
  return document.querySelector('[role=status]')?.textContent ?? null;
}

describe('the buttons of a panel’s cell', () => {
  beforeEach(() => {
    writeText.mockReset().mockResolvedValue();
    vi.stubGlobal('navigator', { clipboard: { writeText } });
    document.body.innerHTML = `<div class="chp-cell">
      <button class="chp-cell-action" data-action="copy"><i></i></button>
      <button class="chp-cell-action" data-action="insert"><i></i></button>
      <button class="chp-cell-action" data-action="update"><i></i></button>
      <button class="chp-cell-action" data-action="run"><i></i></button>
      <span role="status"></span>
      <pre data-cell="${encodeURIComponent(CELL)}" data-cell-id="c-1"></pre></div>`;
  });

  it('copy its text', async () => {
    expect(await click('copy')).toBe('copied');
    expect(writeText).toHaveBeenCalledWith(CELL);
  });

  it('select its text where the browser does not allow copying', async () => {
    writeText.mockRejectedValue(new Error('denied'));
    expect(await click('copy')).toBe('selected: press Ctrl+C');
  });

  it('ask the page to insert it', async () => {
    const texts: string[] = [];
    document.body.addEventListener(
      'chat-magic:insert-cell',
      event => {
        texts.push((event as CustomEvent<{ text: string }>).detail.text);
        event.preventDefault();
      },
      { once: true }
    );
    expect(await click('insert')).toBe('inserted below');
    expect(texts).toEqual([CELL]);
  });

  it('copy it where nothing inserts cells', async () => {
    expect(await click('insert')).toBe('cannot insert cells here: copied to the clipboard');
    expect(writeText).toHaveBeenCalledWith(CELL);
  });

  it.each([
    ['update', false, 'updated'],
    ['run', true, 'updated and started']
  ])('ask the page to %s the cell that it was opened for', async (action, isRun, words) => {
    const updates: unknown[] = [];
    document.body.addEventListener(
      'chat-magic:update-cell',
      event => {
        updates.push((event as CustomEvent<unknown>).detail);
        event.preventDefault();
      },
      { once: true }
    );
    expect(await click(action)).toBe(words);
    expect(updates).toEqual([{ text: CELL, id: 'c-1', isRun }]);
  });

  it('copy it where that cell is gone', async () => {
    expect(await click('update')).toContain('copied to the clipboard');
    expect(writeText).toHaveBeenCalledWith(CELL);
  });

  it('leave other clicks alone', async () => {
    document.body.insertAdjacentHTML('beforeend', '<p data-action="other"><i></i></p>');
    expect(await click('other')).toBe('');
  });
});
