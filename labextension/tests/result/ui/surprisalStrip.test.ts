// @vitest-environment jsdom
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { SurprisalStrip } from '../../../src/result/ui/surprisalStrip';
import { loadedAnswer } from '../../fixtures';
import { find, usePage } from './dom';

beforeEach(() => {
  usePage();
  vi.spyOn(HTMLElement.prototype, 'clientWidth', 'get').mockReturnValue(100);
  HTMLElement.prototype.setPointerCapture = () => {};
});

/** Draw a strip of 12 pieces, of which the last is unsure. */
async function draw(): Promise<{ strip: SurprisalStrip; picked: [number, number][] }> {
  const answer = await loadedAnswer('names');
  const [piece] = answer.pieces;
  const pieces = Array.from({ length: 12 }, (_piece, index) => ({
    ...answer.piece(0),
    ...piece,
    prob: index === 11 ? 0.01 : 1
  }));
  Object.assign(answer, { pieces });
  const picked: [number, number][] = [];
  const strip = new SurprisalStrip(answer, (first, last) => picked.push([first, last]));
  strip.paint(Uint8Array.from(pieces, (_each, index) => (index === 11 ? 4 : 0)));
  return { strip, picked };
}

describe('a strip', () => {
  it('has a bar for each piece, in a path for each bin', async () => {
    const { strip } = await draw();
    const bars = (bin: number): number =>
      find(strip.node, `.chm-bar${bin}`).getAttribute('d')?.split('M').length ?? 0;
    expect([bars(0) - 1, bars(4) - 1]).toEqual([11, 1]);
    expect(strip.node.getAttribute('aria-hidden')).toBe('true');
  });

  it('has a band between the bounds of the entropy, once they are known', async () => {
    const { strip } = await draw();
    const band = (): string | null => find(strip.node, '.chm-entropy').getAttribute('d');
    expect(band()).toBe('');
    strip.showEntropy();
    expect(band()?.match(/M/g)).toBeNull(); // the token has no alternatives
  });

  it('draws the band from the lower to the upper bound, in bits of the scale', async () => {
    const answer = await loadedAnswer('names');
    for (const { start } of answer.pieces) {
      Object.assign(answer.metrics(start), { entropy: { low: 3.5, high: 5.25 } });
    }
    const strip = new SurprisalStrip(answer, () => undefined);
    strip.showEntropy();
    // 7 bits are 36 pixels: from 18 up to 27
    const [box] = find(strip.node, '.chm-entropy').getAttribute('d')?.split('z') ?? [];
    expect(box).toBe('M0.0 18.0v-9.0h35.0v9.0');
  });

  it('marks a range', async () => {
    const { strip } = await draw();
    strip.mark([2, 4]);
    expect(find(strip.node, '.chm-mark').getAttribute('d')?.match(/M/g)?.length).toBe(3);
    strip.mark(null);
    expect(find(strip.node, '.chm-mark').getAttribute('d')).toBe('');
  });

  it('selects by dragging', async () => {
    const { strip, picked } = await draw();
    const move = (type: string, clientX: number): void => {
      strip.node.dispatchEvent(new MouseEvent(type, { clientX }));
    };
    move('pointermove', 50);
    move('pointerdown', 0);
    move('pointermove', 99);
    move('pointerup', 99);
    move('pointermove', 0);
    expect(picked).toEqual([
      [0, 0],
      [0, 11]
    ]);
  });
});
