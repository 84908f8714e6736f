// @vitest-environment jsdom
import { beforeEach, expect, it, vi } from 'vitest';
import { DistributionView } from '../../../src/result/ui/distributionView';
import { distributionOf } from '../../fixtures';
import { find, texts, usePage } from './dom';

beforeEach(usePage);

function draw(changes = {}, reason = '') {
  const insert = vi.fn(() => Promise.resolve('inserted below'));
  const extend = vi.fn(() => Promise.resolve(reason));
  const { node } = new DistributionView({ ...distributionOf(), ...changes }, insert, extend);
  document.body.append(node);
  return { node, insert, extend };
}

function press(node: HTMLElement, label: string): void {
  const buttons = [...node.querySelectorAll<HTMLButtonElement>('button')];
  buttons.find(one => one.textContent.startsWith(label))?.click();
}

it('draws boxes as high as they are likely, and hatches what was not seen', () => {
  const { node } = draw();
  const boxes = [...node.querySelectorAll<HTMLElement>('.chm-icicle-box')];
  expect(boxes.map(({ style }) => style.height)).toEqual(['256px', '192px', '64px', '32px']);
  expect(find(node, '.chm-icicle-rest.chm-unseen').style.height).toBe('32px');
  expect(texts(node, '.chm-hint')[0]).toContain('2 answers hold');
});

it('branches from the text that is chosen', async () => {
  const { node, insert } = draw();
  press(node, 'is');
  press(node, 'Branch');
  expect(insert).toHaveBeenCalledWith(expect.stringContaining('assistant: So: Paris'));
  await vi.waitFor(() => expect(texts(node, '.chm-distribution-bar')).toEqual(['inserted below']));
});

it('asks the kernel for more, and says why there is none', async () => {
  const { node, extend } = draw({}, 'gone');
  press(node, 'x');
  press(node, 'Expand');
  expect(extend).toHaveBeenCalledWith(9);
  await vi.waitFor(() => expect(texts(node, '.chm-distribution-bar')).toEqual(['gone']));
});

it('offers no more where the kernel cannot tell', () => {
  const { node } = draw({ handle: null });
  press(node, 'x');
  const buttons = [...node.querySelectorAll<HTMLButtonElement>('.chm-distribution-bar button')];
  expect(buttons.map(({ textContent, disabled }) => [textContent, disabled])).toEqual([
    ['Expand', true],
    ['Branch', false]
  ]);
});
