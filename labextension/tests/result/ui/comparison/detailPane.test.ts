// @vitest-environment jsdom
import { beforeEach, describe, expect, it } from 'vitest';
import { itemAt } from '../../../../src/result/indexing';
import { DetailPane } from '../../../../src/result/ui/comparison/detailPane';
import { comparisonOf } from '../../../fixtures';
import { find, MARKDOWN_OPTIONS, press, texts, usePage } from '../dom';

beforeEach(usePage);

async function open(only: number | null) {
  const pane = new DetailPane(
    MARKDOWN_OPTIONS,
    () => Promise.resolve(''),
    () => {}
  );
  const opener = document.createElement('button');
  document.body.append(opener, pane.node);
  await pane.show(itemAt(comparisonOf('four').results, 0), only, 'choice 1', 'text', opener);
  return { pane, opener };
}

describe('the detail pane', () => {
  it('is hidden until something is opened', () => {
    const insert = (): Promise<string> => Promise.resolve('');
    expect(new DetailPane(MARKDOWN_OPTIONS, insert, () => {}).node.hidden).toBe(true);
  });

  it('shows a choice or a whole result, and takes the focus', async () => {
    const { pane, opener } = await open(1);
    expect(texts(pane.node, '.chm-detail-pane-head strong')).toEqual(['choice 1']);
    expect(pane.node.querySelectorAll('.chm-choice').length).toBe(1);
    expect(document.activeElement).toBe(pane.node);
    expect(opener.getAttribute('aria-expanded')).toBe('true');
    const whole = await open(null);
    expect(whole.pane.node.querySelectorAll('.chm-choice').length).toBe(4);
  });

  it.each(['the key Escape', 'its button'])(
    'is closed by %s, which restores the focus',
    async how => {
      const { pane, opener } = await open(1);
      if (how === 'its button') {
        find(pane.node, '.chm-detail-pane-head button').click();
      } else {
        press(pane.node, 'Escape');
      }
      expect([pane.node.hidden, pane.node.childElementCount]).toEqual([true, 0]);
      expect(document.activeElement).toBe(opener);
      expect(opener.getAttribute('aria-expanded')).toBe('false');
    }
  );

  it('follows the mode', async () => {
    const { pane } = await open(1);
    await pane.setMode('raw');
    expect(texts(pane.node, '[aria-pressed=true]')).toEqual(['Raw']);
  });
});
