/** The surprisal along an answer as a bar chart before the bounds of the entropy, linked to its text. */

import type { Answer } from '../answer';
import { bits } from '../tokenMetrics';
import { element } from './dom';

const SVG = 'http://www.w3.org/2000/svg';
const HEIGHT = 36;
/** Pixels of the narrowest bar; more tokens than fit share a bar, which shows the largest value. */
const MIN_BAR_WIDTH = 2;
const MAX_BAR_WIDTH = 36;
/** The least number of bits at the top, and the most. */
const MIN_SCALE_BITS = 7;
const MAX_SCALE_BITS = 20;

export class SurprisalStrip {
  constructor(
    private readonly answer: Answer,
    private readonly onPick: (first: number, last: number) => void
  ) {
    this.node = element('div', 'chm-surprisal-strip');
    this.node.setAttribute('aria-hidden', 'true');
    this.node.title = 'Surprisal of each token; the band is between the bounds of the entropy';
    this.svg = document.createElementNS(SVG, 'svg');
    this.svg.setAttribute('preserveAspectRatio', 'none');
    this.node.append(this.svg);
    this.values = answer.pieces.map(({ prob }) => (prob === null ? null : bits(Math.log(prob))));
    this.most = Math.max(
      MIN_SCALE_BITS,
      ...this.values.map(value => Math.min(value ?? 0, MAX_SCALE_BITS))
    );
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(this.node);
    this.listen();
  }

  /** Draw the bars for the bins in which the pieces are painted. */
  paint(bins: Uint8Array): void {
    this.bins = bins;
    this.draw();
  }

  /** Draw the band of the entropy, too, now that all metrics are computed. */
  showEntropy(): void {
    this.isEntropyShown = true;
    this.draw();
  }

  /** Mark a range. */
  mark(range: [number, number] | null): void {
    this.range = range;
    this.drawMark();
  }

  dispose(): void {
    this.observer.disconnect();
  }

  private draw(): void {
    const width = this.node.clientWidth;
    const { length } = this.values;
    if (!width || !length) {
      return;
    }
    this.share = Math.max(1, Math.ceil((length * MIN_BAR_WIDTH) / width));
    const count = Math.ceil(length / this.share);
    this.width = Math.min(MAX_BAR_WIDTH, width / count);
    this.svg.setAttribute('viewBox', `0 0 ${width} ${HEIGHT}`);
    this.svg.style.height = `${HEIGHT}px`;
    const paths = Array.from({ length: 6 }, (): string[] => []);
    for (let bar = 0; bar < count; bar += 1) {
      const [value, bin] = this.bar(bar);
      paths[bin]?.push(this.rectangle(bar, Math.max(1, this.toPixels(value))));
    }
    this.svg.replaceChildren(
      shape(this.isEntropyShown ? this.band(count) : [], 'chm-entropy'),
      ...paths.map((path, bin) => shape(path, `chm-bar${bin}`)),
      this.marker
    );
    this.drawMark();
  }

  /** Return a box for each bar whose entropy is known, between the least and the largest bound. */
  private band(count: number): string[] {
    return Array.from({ length: count }, (_, bar) => {
      const pieces = this.answer.pieces.slice(bar * this.share, (bar + 1) * this.share);
      const bounds = pieces.flatMap(({ start }) => this.answer.metrics(start).entropy ?? []);
      if (!bounds.length) {
        return '';
      }
      const low = this.toPixels(Math.min(...bounds.map(({ low }) => low)));
      const high = this.toPixels(Math.max(...bounds.map(({ high }) => high)));
      return this.rectangle(bar, Math.max(1, high - low), low);
    });
  }

  private toPixels(bits: number): number {
    return (Math.min(bits, this.most) / this.most) * HEIGHT;
  }

  private bar(bar: number): [number, number] {
    let most = 0;
    let bin = 0;
    for (
      let index = bar * this.share;
      index < Math.min(this.values.length, (bar + 1) * this.share);
      index += 1
    ) {
      most = Math.max(most, this.values[index] ?? 0);
      bin = Math.max(bin, this.bins[index] ?? 0);
    }
    return [most, bin];
  }

  private rectangle(bar: number, height: number, above = 0): string {
    const gap = this.width > 3 ? 1 : 0;
    const x = bar * this.width;
    return `M${x.toFixed(1)} ${(HEIGHT - above).toFixed(1)}v-${height.toFixed(1)}h${(this.width - gap).toFixed(1)}v${height.toFixed(1)}z`;
  }

  private drawMark(): void {
    const [first, last] = this.range ?? [0, -1];
    const bars: string[] = [];
    for (let bar = Math.floor(first / this.share); bar <= Math.floor(last / this.share); bar += 1) {
      const [value] = this.bar(bar);
      bars.push(this.rectangle(bar, Math.max(3, this.toPixels(value))));
    }
    this.marker.setAttribute('d', bars.join(''));
  }

  private listen(): void {
    let from: number | null = null;
    this.node.addEventListener('pointerdown', event => {
      from = this.placeAt(event);
      this.node.setPointerCapture(event.pointerId);
      this.onPick(from, from);
      event.preventDefault();
    });
    this.node.addEventListener('pointermove', event => {
      if (from !== null) {
        this.onPick(from, this.placeAt(event));
      }
    });
    this.node.addEventListener('pointerup', () => {
      from = null;
    });
  }

  private placeAt(event: PointerEvent): number {
    const x = event.clientX - this.node.getBoundingClientRect().left;
    const index = Math.floor(x / this.width) * this.share;
    return Math.max(0, Math.min(this.values.length - 1, index));
  }

  readonly node: HTMLElement;
  private readonly svg: SVGSVGElement;
  private readonly marker = shape([], 'chm-mark');
  private readonly values: (number | null)[];
  private readonly most: number;
  private readonly observer: ResizeObserver;
  private bins: Uint8Array = new Uint8Array();
  private range: [number, number] | null = null;
  private isEntropyShown = false;
  private share = 1;
  private width = 1;
}

function shape(path: string[], className: string): SVGPathElement {
  const node = document.createElementNS(SVG, 'path');
  node.setAttribute('d', path.join(''));
  node.setAttribute('class', className);
  return node;
}
