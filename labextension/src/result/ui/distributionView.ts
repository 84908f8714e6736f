/** A distribution: an icicle whose heights are probabilities, with what was not seen hatched. */

import { nodeCell, nodeWords, percentOf, readTree, type DistributionNode } from '../distribution';
import type { PayloadDistribution } from '../payloadTypes';
import { button, element } from './dom';
import type { InsertCell } from './tokenDetails';

/** Pixels of a probability of 1. */
const HEIGHT = 320;
/** Pixels from which on a box is drawn, with a line of text. */
const LEAST = 14;

/** Asks for more from a node, by its number; returns why there is none, empty if there is. */
export type Extend = (node: number) => Promise<string>;

export class DistributionView {
  constructor(
    private readonly distribution: PayloadDistribution,
    private readonly insertCell: InsertCell,
    private readonly extend: Extend
  ) {
    const { model, facts, warnings } = distribution;
    const root = readTree(distribution);
    this.bar = element('div', 'chm-distribution-bar');
    this.node = element(
      'section',
      'chm-result chm-distribution',
      element('p', 'chm-hint', element('strong', '', model), ` ${facts.join(' · ')}`),
      ...warnings.map(words => element('p', 'chm-warning', words)),
      root ? element('div', 'chm-icicle', this.column(root)) : null,
      this.bar
    );
    this.say('Choose a text to expand it, or to branch from it.');
  }

  /** Draw what follows a node, each box as high as it is likely. */
  private column(node: DistributionNode): HTMLElement {
    const drawn = node.children.filter(({ prob }) => HEIGHT * prob >= LEAST);
    const hidden = node.children.filter(child => !drawn.includes(child));
    const others = hidden.reduce((sum, { prob }) => sum + prob, node.others);
    return element(
      'div',
      'chm-icicle-column',
      ...drawn.map(child => this.row(child)),
      remainder('other answers', others, ''),
      remainder('unseen', node.unseen, 'chm-unseen')
    );
  }

  private row(node: DistributionNode): HTMLElement {
    const words = nodeWords(node);
    const title = `${node.whole}\n${percentOf(node.prob)}`;
    const box = button('', title, () => this.choose(node, box), 'chm-icicle-box');
    box.append(element('span', '', words), element('span', 'chm-hint', percentOf(node.prob)));
    box.classList.toggle('chm-unseen', node.ending === 'open');
    box.classList.toggle('chm-ended', node.ending === 'end');
    box.style.height = `${HEIGHT * node.prob}px`;
    const children = node.children.length ? this.column(node) : null;
    return element('div', 'chm-icicle-row', box, children);
  }

  private choose(node: DistributionNode, box: HTMLElement): void {
    this.node
      .querySelectorAll('[aria-pressed]')
      .forEach(one => one.removeAttribute('aria-pressed'));
    box.setAttribute('aria-pressed', 'true');
    const expand = button('Expand', 'Ask what follows this text', () => void this.expand(node));
    const branch = nodeCell(this.distribution, node);
    const write = button('Branch', 'Insert a cell below that continues from here', () => {
      if ('cell' in branch) {
        void this.insertCell(branch.cell).then(words => this.say(words));
      }
    });
    expand.disabled = this.distribution.handle === null || node.ending === 'end';
    write.disabled = 'reason' in branch;
    const reason = 'reason' in branch ? branch.reason : '';
    this.bar.replaceChildren(
      element('span', '', `${node.whole || '(nothing)'} · ${percentOf(node.prob)}`),
      expand,
      write,
      element('span', 'chm-hint', reason)
    );
  }

  private async expand(node: DistributionNode): Promise<void> {
    this.say('asking…');
    const reason = await this.extend(node.node);
    if (reason) {
      this.say(reason);
    }
  }

  private say(words: string): void {
    this.bar.replaceChildren(element('span', 'chm-hint', words));
  }

  readonly node: HTMLElement;
  private readonly bar: HTMLElement;
}

/** Draw what is left of a node; nothing if it is too small to see. */
function remainder(words: string, prob: number, className: string): HTMLElement | null {
  const height = HEIGHT * prob;
  if (height < 2) {
    return null;
  }
  const label = height >= LEAST ? `${words} ${percentOf(prob)}` : '';
  const node = element('div', `chm-icicle-rest ${className}`.trim(), element('span', '', label));
  node.title = `${words} ${percentOf(prob)}`;
  node.style.height = `${height}px`;
  return node;
}
