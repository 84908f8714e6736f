/** The tree of what answers share: how many went which way, and how likely the model held it. */

import type { Comparison } from '../../comparison';
import { percent, tokenName } from '../../tokenFormat';
import type { PayloadNode, PayloadTree } from '../../payload';
import { visibleRows, type TreeRow } from '../../treeRows';
import { element } from '../dom';
import { appendToken, exactText } from '../exactText';

/** UTF-16 units of a stretch that are shown. */
const MOST = 600;

export class TreeView {
  constructor(
    private readonly comparison: Comparison,
    private readonly tree: PayloadTree,
    private readonly onOpen: (answer: number, from: HTMLElement) => void
  ) {
    this.list.setAttribute('role', 'tree');
    this.list.setAttribute('aria-label', 'what the answers share, and where they part');
    this.list.addEventListener('keydown', event => this.onKey(event));
    this.list.addEventListener('click', event => this.onClick(event));
    const titles = ['sampled', '', 'model', ''];
    const head = element(
      'div',
      'chm-tree-row chm-tree-head',
      ...titles.map(title => element('span', '', title))
    );
    head.setAttribute('aria-hidden', 'true');
    this.node = element('div', 'chm-tree', head, this.list);
    this.draw();
  }

  private draw(): void {
    this.rows = visibleRows(this.tree.nodes, this.closed);
    this.current = Math.min(this.current, this.rows.length - 1);
    this.list.replaceChildren(...this.rows.map((row, place) => this.row(row, place)));
  }

  private row({ node, level, isLeaf, position, size }: TreeRow, place: number): HTMLElement {
    const found = this.tree.nodes[node];
    const isOpen = !isLeaf && !this.closed.has(node);
    const mark = element('span', 'chm-disclosure', isLeaf ? '' : isOpen ? '▾' : '▸');
    mark.setAttribute('aria-hidden', 'true');
    const bar = element('span', 'chm-share');
    bar.style.setProperty('--chm-share', String(found.count / Math.max(1, found.among)));
    const text = element('span', 'chm-tree-text', mark);
    text.style.setProperty('--chm-level', String(level - 1));
    this.write(text, found, isLeaf);
    const row = element(
      'div',
      'chm-tree-row',
      element('span', 'chm-number', `${found.count}/${found.among}`),
      bar,
      element('span', 'chm-number', found.prob === null ? '' : percent(found.prob)),
      text
    );
    row.title = describeShares(found);
    row.setAttribute('role', 'treeitem');
    row.setAttribute('aria-level', String(level));
    row.setAttribute('aria-posinset', String(position));
    row.setAttribute('aria-setsize', String(size));
    row.setAttribute('aria-label', `${found.text || 'ends here'}, ${describeShares(found)}`);
    if (!isLeaf) {
      row.setAttribute('aria-expanded', String(isOpen));
    }
    row.tabIndex = place === this.current ? 0 : -1;
    return row;
  }

  private write(host: HTMLElement, node: PayloadNode, isLeaf: boolean): void {
    const isRoot = node.parent < 0;
    const token = node.text.slice(0, isRoot ? 0 : node.token_units);
    const rest = node.text.slice(token.length);
    const own = element('span', isRoot ? 'chm-common' : '');
    appendToken(own, rest.length > MOST ? `${rest.slice(0, MOST)}…` : rest);
    const name = token
      ? exactText('span', 'chm-divergence', tokenName(token).replace(/^␣/, ''))
      : null;
    host.append(element('bdi', '', name, own));
    if (!node.text) {
      host.append(element('span', 'chm-hint', isRoot ? 'nothing shared' : 'ends here'));
    }
    if (isLeaf) {
      const titles = node.answers.map(place => this.comparison.answers[place].title);
      host.append(element('span', 'chm-hint chm-answer-names', titles.join(', ')));
    }
  }

  private onClick(event: MouseEvent): void {
    const target = event.target as Element;
    const row = target.closest<HTMLElement>('[role=treeitem]');
    const place = row ? Array.from(this.list.children).indexOf(row) : -1;
    if (!row || place < 0) {
      return;
    }
    this.focus(place);
    if (target.closest('.chm-disclosure') && row.hasAttribute('aria-expanded')) {
      this.toggle(place);
    } else {
      this.open(place);
    }
  }

  private onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    const { node, level, isLeaf } = this.rows[this.current];
    const isOpen = !isLeaf && !this.closed.has(node);
    const last = this.rows.length - 1;
    if (event.key === 'ArrowDown') {
      this.focus(Math.min(last, this.current + 1));
    } else if (event.key === 'ArrowUp') {
      this.focus(Math.max(0, this.current - 1));
    } else if (event.key === 'Home' || event.key === 'End') {
      this.focus(event.key === 'Home' ? 0 : last);
    } else if (event.key === 'ArrowRight' && !isLeaf) {
      isOpen ? this.focus(this.current + 1) : this.toggle(this.current);
    } else if (event.key === 'ArrowLeft') {
      isOpen ? this.toggle(this.current) : this.focus(this.parentOf(level));
    } else if (event.key === 'Enter' || event.key === ' ') {
      this.open(this.current);
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  private parentOf(level: number): number {
    const before = this.rows.slice(0, this.current);
    return Math.max(
      0,
      before.findLastIndex(row => row.level < level)
    );
  }

  private toggle(place: number): void {
    const { node } = this.rows[place];
    if (!this.closed.delete(node)) {
      this.closed.add(node);
    }
    this.draw();
    this.focus(place);
  }

  private focus(place: number): void {
    (this.list.children[this.current] as HTMLElement).tabIndex = -1;
    this.current = place;
    const row = this.list.children[place] as HTMLElement;
    row.tabIndex = 0;
    row.focus();
  }

  private open(place: number): void {
    const [first] = this.tree.nodes[this.rows[place].node].answers;
    if (first !== undefined) {
      this.onOpen(first, this.list.children[place] as HTMLElement);
    }
  }

  readonly node: HTMLElement;
  private readonly list = element('div');
  private readonly closed = new Set<number>();
  private rows: TreeRow[] = [];
  private current = 0;
}

/** Say how often a way was taken, how sure that is, and what the model held of it. */
function describeShares({ count, among, low, high, prob }: PayloadNode): string {
  const sampled = `${count} of ${among} (95 %: ${percent(low)} to ${percent(high)})`;
  return prob === null ? sampled : `${sampled}; the model gave it ${percent(prob)}`;
}
