/** The tree of what answers share: how many take each branch, and its probability by the model. */

import type { Comparison } from '../../comparison';
import { itemAt } from '../../indexing';
import { percent, tokenName } from '../../tokenFormat';
import type { PayloadNode, PayloadTree } from '../../payloadTypes';
import { visibleRows, type TreeRow } from '../../treeRows';
import { element } from '../dom';
import { appendToken, exactText } from '../exactText';

/** UTF-16 units of a node's text that are shown. */
const MAX_LENGTH = 600;

export class TreeView {
  constructor(
    private readonly comparison: Comparison,
    private readonly tree: PayloadTree,
    private readonly onOpen: (answer: number, from: HTMLElement) => void
  ) {
    this.list.setAttribute('role', 'tree');
    this.list.setAttribute('aria-label', 'What the answers share and where they diverge');
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
    this.rows = visibleRows(this.tree.nodes, this.collapsed);
    this.current = Math.min(this.current, this.rows.length - 1);
    this.list.replaceChildren(...this.rows.map((row, index) => this.row(row, index)));
  }

  private row({ node, level, isLeaf, position, size }: TreeRow, index: number): HTMLElement {
    const content = itemAt(this.tree.nodes, node);
    const isOpen = !isLeaf && !this.collapsed.has(node);
    const mark = element('span', 'chm-disclosure', isLeaf ? '' : isOpen ? '▾' : '▸');
    mark.setAttribute('aria-hidden', 'true');
    const bar = element('span', 'chm-share');
    bar.style.setProperty('--chm-share', String(content.count / Math.max(1, content.among)));
    const text = element('span', 'chm-tree-text', mark);
    text.style.setProperty('--chm-level', String(level - 1));
    this.write(text, content, isLeaf);
    const row = element(
      'div',
      'chm-tree-row',
      element('span', 'chm-number', `${content.count}/${content.among}`),
      bar,
      element('span', 'chm-number', content.prob === null ? '' : percent(content.prob)),
      text
    );
    row.title = describeShares(content);
    row.setAttribute('role', 'treeitem');
    row.setAttribute('aria-level', String(level));
    row.setAttribute('aria-posinset', String(position));
    row.setAttribute('aria-setsize', String(size));
    row.setAttribute('aria-label', `${content.text || 'ends here'}, ${describeShares(content)}`);
    if (!isLeaf) {
      row.setAttribute('aria-expanded', String(isOpen));
    }
    row.tabIndex = index === this.current ? 0 : -1;
    return row;
  }

  private write(host: HTMLElement, node: PayloadNode, isLeaf: boolean): void {
    const isRoot = node.parent < 0;
    const token = node.text.slice(0, isRoot ? 0 : node.token_units);
    const rest = node.text.slice(token.length);
    const text = element('span', isRoot ? 'chm-common' : '');
    appendToken(text, rest.length > MAX_LENGTH ? `${rest.slice(0, MAX_LENGTH)}…` : rest);
    const name = token
      ? exactText('span', 'chm-divergence', tokenName(token).replace(/^␣/, ''))
      : null;
    host.append(element('bdi', '', name, text));
    if (!node.text) {
      host.append(element('span', 'chm-hint', isRoot ? 'nothing shared' : 'ends here'));
    }
    if (isLeaf) {
      const titles = node.answers.map(index => itemAt(this.comparison.answers, index).title);
      host.append(element('span', 'chm-hint chm-answer-names', titles.join(', ')));
    }
  }

  private onClick(event: MouseEvent): void {
    const target = event.target as Element;
    const row = target.closest<HTMLElement>('[role=treeitem]');
    const index = row ? Array.from(this.list.children).indexOf(row) : -1;
    if (!row || index < 0) {
      return;
    }
    this.focus(index);
    if (target.closest('.chm-disclosure') && row.hasAttribute('aria-expanded')) {
      this.toggle(index);
    } else {
      this.open(index);
    }
  }

  private onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    const { node, level, isLeaf } = itemAt(this.rows, this.current);
    const isOpen = !isLeaf && !this.collapsed.has(node);
    const last = this.rows.length - 1;
    if (event.key === 'ArrowDown') {
      this.focus(Math.min(last, this.current + 1));
    } else if (event.key === 'ArrowUp') {
      this.focus(Math.max(0, this.current - 1));
    } else if (event.key === 'Home' || event.key === 'End') {
      this.focus(event.key === 'Home' ? 0 : last);
    } else if (event.key === 'ArrowRight' && !isLeaf) {
      if (isOpen) {
        this.focus(this.current + 1);
      } else {
        this.toggle(this.current);
      }
    } else if (event.key === 'ArrowLeft') {
      if (isOpen) {
        this.toggle(this.current);
      } else {
        this.focus(this.parentOf(level));
      }
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

  private toggle(index: number): void {
    const { node } = itemAt(this.rows, index);
    if (!this.collapsed.delete(node)) {
      this.collapsed.add(node);
    }
    this.draw();
    this.focus(index);
  }

  private focus(index: number): void {
    (this.list.children[this.current] as HTMLElement).tabIndex = -1;
    this.current = index;
    const row = this.list.children[index] as HTMLElement;
    row.tabIndex = 0;
    row.focus();
  }

  private open(index: number): void {
    const [first] = itemAt(this.tree.nodes, itemAt(this.rows, index).node).answers;
    if (first !== undefined) {
      this.onOpen(first, this.list.children[index] as HTMLElement);
    }
  }

  readonly node: HTMLElement;
  private readonly list = element('div');
  private readonly collapsed = new Set<number>();
  private rows: TreeRow[] = [];
  private current = 0;
}

/** Say how often a branch was taken, with its interval, and its probability by the model. */
function describeShares({ count, among, low, high, prob }: PayloadNode): string {
  const bounds = low === null || high === null ? '' : ` (95%: ${percent(low)} to ${percent(high)})`;
  const sampled = `${count} of ${among}${bounds}`;
  return prob === null ? sampled : `${sampled}; model probability ${percent(prob)}`;
}
