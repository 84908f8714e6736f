// @vitest-environment jsdom
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { PayloadAblation } from '../../../src/result/payloadTypes';
import { AblationView } from '../../../src/result/ui/ablationView';
import { usePage } from './dom';

const ABLATION: PayloadAblation = {
  subject: 'answer: Paris',
  facts: ['2 segments by sentence'],
  warnings: ['slow'],
  messages: [
    {
      role: 'user',
      pieces: [
        { text: 'Be kind.', segment: 0 },
        { text: '\n', segment: null },
        { text: 'One <b>word</b>.', segment: 1 }
      ]
    }
  ],
  segments: [
    { excerpt: 'Be kind.', words: '−1.1 bits', grade: -2, cell: null },
    { excerpt: 'One <b>word</b>.', words: '+6.2 bits', grade: 3, cell: '%%chat\nBe kind.' }
  ],
  ranked: [1, 0]
};

function draw() {
  const insert = vi.fn(() => Promise.resolve('inserted below'));
  const view = new AblationView('a/b', ABLATION, insert);
  document.body.append(view.node);
  const segments = Array.from(view.node.querySelectorAll<HTMLElement>('[tabindex]'));
  return { view, insert, segments };
}

beforeEach(usePage);

describe('an ablation', () => {
  it('paints what gives and what takes in hue and pattern', () => {
    const { segments } = draw();
    expect(segments.map(node => node.className)).toEqual([
      'chm-segment chm-takes chm-grade2',
      'chm-segment chm-gives chm-grade3'
    ]);
    expect(segments[1]?.textContent).toBe('One <b>word</b>.');
  });

  it('shows the number of a segment that has the focus', () => {
    const { view, segments } = draw();
    segments[0]?.focus();
    expect(view.node.querySelector('[role=status]')?.textContent).toBe('“Be kind.” −1.1 bits');
  });

  it('lists the largest effect first', () => {
    const { view } = draw();
    const rows = Array.from(view.node.querySelectorAll('li'), row => row.textContent);
    expect(rows).toEqual(['“One <b>word</b>.” +6.2 bits Write without', '“Be kind.” −1.1 bits ']);
  });

  it('writes the cell without a segment on a click or Enter', async () => {
    const { view, insert, segments } = draw();
    segments[1]?.click();
    segments[1]?.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter' }));
    segments[0]?.click();
    expect(insert.mock.calls).toEqual([['%%chat\nBe kind.'], ['%%chat\nBe kind.']]);
    await vi.waitFor(() => {
      expect(view.node.querySelector('[role=status]')?.textContent).toBe('inserted below');
    });
  });
});
