// @vitest-environment jsdom
import { expect, it, vi } from 'vitest';
import { panelButtons } from '../../src/plugins/panelButtons';

it('acts on the buttons of panels anywhere in the page', async () => {
  const writeText = vi.fn(() => Promise.resolve());
  vi.stubGlobal('navigator', { clipboard: { writeText } });
  document.body.innerHTML = `<div class="chp-cell">
    <button class="chp-cell-action" data-action="copy"></button>
    <span role="status"></span><pre data-cell="%25%25chat"></pre></div>`;
  void panelButtons.activate(null as never);
  document.querySelector<HTMLElement>('button')?.click();
  await vi.waitFor(() => expect(writeText).toHaveBeenCalledWith('%%chat'));
});
