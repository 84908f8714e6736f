// @vitest-environment jsdom
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { readComparison } from '../../../../src/result/comparison';
import type { ViewState } from '../../../../src/result/viewState';
import type { Payload } from '../../../../src/result/payloadTypes';
import { ComparisonView } from '../../../../src/result/ui/comparison/comparisonView';
import { wire } from '../../../fixtures';

type Name = 'four' | 'grid' | 'diff';

/** What a browser has, and jsdom lacks. */
class Observer {
  observe(): void {}
  disconnect(): void {}
}

beforeEach(() => {
  vi.stubGlobal('ResizeObserver', Observer);
  vi.stubGlobal('IntersectionObserver', Observer);
  Element.prototype.scrollIntoView = () => {};
  document.body.replaceChildren();
});

const payloads = wire<Record<Name, Payload>>('comparison.json');

/** Return a payload of as many answers, all different. */
function many(count: number): Payload {
  const [result] = payloads.four.results;
  const numbers = Array.from({ length: count }, (_, place) => place);
  const choices = numbers.map(index => ({
    ...result.choices[0],
    index,
    text: `Name ${index}`,
    parts: {}
  }));
  const answers = numbers.map(choice => {
    return { result: 0, choice, title: String(choice), start: 4, end: 6 };
  });
  const groups = numbers.map(place => [place]);
  const comparison = { ...payloads.four.comparison!, answers, groups, trees: [] };
  return { ...payloads.four, results: [{ ...result, choices }], comparison };
}

/** Draw a comparison, and look at it as it was remembered. */
async function draw(source: Name | Payload, stored: Partial<ViewState> = {}) {
  const comparison = readComparison(typeof source === 'string' ? payloads[source] : source);
  if (!comparison) {
    throw new Error('there is nothing to compare');
  }
  const states: ViewState[] = [];
  const cells: string[] = [];
  const options = {
    markdownParser: null,
    sanitizer: { sanitize: (html: string) => html },
    latexTypesetter: null
  };
  const insert = async (text: string) => {
    cells.push(text);
    return 'inserted';
  };
  const view = new ComparisonView(comparison, options, insert, {
    onMode: mode => void view.setMode(mode),
    onViewState: state => void states.push(state)
  });
  document.body.append(view.node);
  await view.setViewState(stored);
  await view.setMode('text');
  const { node } = view;
  const press = (key: string, target: Element = node) =>
    target.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
  return {
    node,
    states,
    cells,
    press,
    all: (selector: string) => Array.from(node.querySelectorAll<HTMLElement>(selector)),
    texts: (selector: string) =>
      Array.from(node.querySelectorAll(selector), each => each.textContent),
    said: () => node.querySelector('[role=status]')?.textContent
  };
}

describe('columns', () => {
  it('show each text once, the most frequent first, and say which answers have it', async () => {
    const { texts, all } = await draw('four');
    expect(texts('.chm-choice strong')).toEqual(['0', '1', '3']);
    expect(texts('.chm-count')).toEqual(['×2']);
    expect(all('.chm-count')[0].title).toContain('0, 2');
  });

  it('dim what all share, and outline the token at which they diverge', async () => {
    const { texts } = await draw('four');
    expect(texts('.chm-markdown .chm-divergence')).toEqual(['Charlotte', 'Clara', 'Charlotte']);
    expect(texts('.chm-markdown .chm-common')).toEqual(['👋🏽 1. ', '👋🏽 1. ', '👋🏽 1. ']);
  });

  it('show another one of the answers with a text', async () => {
    const { all, texts } = await draw('four');
    all('.chm-count')[0].click();
    all('.chm-identical button')[1].click();
    await vi.waitFor(() => expect(texts('.chm-choice strong')).toEqual(['2', '1', '3']));
  });

  it('of more than twelve answers are filled as they become visible', async () => {
    const { texts, all } = await draw(many(13), { view: 'columns' });
    expect(all('.chm-choice').length).toBe(13);
    expect(texts('.chm-markdown')).toEqual(['Name 0', 'Name 1', 'Name 2', 'Name 3']);
  });

  it('show what failed in its place', async () => {
    const { texts } = await draw('grid', { view: 'columns' });
    expect(texts('.chm-failed')).toEqual([
      '1 · formalfailedthe server said 429: too many requests'
    ]);
  });
});

describe('the diff', () => {
  it('marks insertions and deletions, with words for screen readers', async () => {
    const { texts, all } = await draw('diff', { by: 'word', base: 1 });
    expect(texts('.chm-changes del')).toEqual(['Clara', 'Clara']);
    expect(texts('.chm-changes ins')).toEqual(['Charlotte', 'Charlotte Ann']);
    const named = all('.chm-changes ins').map(each => each.getAttribute('aria-label'));
    expect(named).toEqual(['inserted “Charlotte”', 'inserted “Charlotte Ann”']);
    expect(texts('.chm-base strong')).toEqual(['1']);
  });

  it('begins with the prefill, which makes the answer JSON', async () => {
    const [result] = payloads.four.results;
    const choices = ['1}', '2}'].map((text, index) => {
      return { ...result.choices[0], index, text: `"a": ${text}`, parts: {} };
    });
    const payload = { ...many(2), results: [{ ...result, prefill: '{', choices }] };
    const { all, texts } = await draw(payload, { isDiff: true, base: 0, by: 'word' });
    expect(all('.chm-changes .chm-exact').map(each => each.textContent)).toEqual(['{"a": 1 2}']);
    expect(texts('.chm-changes .chm-prefill')).toEqual(['{']);
    const json = await draw(payload, { isDiff: true, base: 0, by: 'json' });
    expect(json.texts('.chm-fields .chm-pointer')).toEqual(['/a']);
  });

  it('has its base changed by a digit', async () => {
    const { press, texts, states, said } = await draw('four');
    press('3');
    expect(states.at(-1)).toMatchObject({ base: 3, isDiff: true });
    expect(texts('.chm-base strong')).toEqual(['3']);
    expect(texts('.chm-changes del')).toEqual(['Ann', 'Charlotte Ann']);
    expect(said()).toBe('compared with 3 by word');
    press('7');
    expect(said()).toBe('no answer 7');
  });

  it('is gone through with brackets', async () => {
    const { press, said } = await draw('diff', { by: 'word', base: 1 });
    press(']');
    expect(said()).toBe('1 of 4: deleted “Clara”');
    press(']');
    expect(said()).toBe('2 of 4: inserted “Charlotte”');
    expect(document.activeElement?.textContent).toBe('Charlotte');
    press('[');
    press('[');
    expect(said()).toBe('no more differences');
  });

  it('is where brackets lead from the overviews', async () => {
    const { press, said, all } = await draw('diff', { by: 'word', base: 1, view: 'table' });
    press(']');
    await vi.waitFor(() => expect(said()).toBe('1 of 4: deleted “Clara”'));
    expect(document.activeElement).toBe(all('.chm-changes del')[0]);
  });

  it('is left when tokens are shown', async () => {
    const { all, states } = await draw('diff');
    all('.chm-switch button')[1].click();
    expect(states.at(-1)?.isDiff).toBe(false);
  });
});

describe('the tree', () => {
  it('opens and closes with the arrow keys', async () => {
    const { all, press } = await draw('four', { view: 'tree' });
    const rows = () => all('[role=treeitem]');
    const count = rows().length;
    rows()[0].focus();
    press('ArrowLeft', rows()[0]);
    expect([rows().length, rows()[0].getAttribute('aria-expanded')]).toEqual([1, 'false']);
    press('ArrowRight', rows()[0]);
    expect(rows().length).toBe(count);
    press('ArrowRight', rows()[0]);
    expect(document.activeElement).toBe(rows()[1]);
    expect(rows().filter(row => row.tabIndex === 0).length).toBe(1);
  });

  it('says how often each branch was taken, and its probability', async () => {
    const { all } = await draw('four', { view: 'tree' });
    const row = all('[role=treeitem]')[1];
    expect(row.textContent).toContain('3/4');
    expect(row.textContent).toContain('31.0%');
    expect(row.title).toBe('3 of 4 (95%: 30.1% to 95.4%); model probability 31.0%');
  });

  it('opens an answer below, which Esc closes', async () => {
    const { all, press } = await draw('four', { view: 'tree' });
    const row = all('[role=treeitem]')[1];
    row.click();
    const opened = all('.chm-detail-pane')[0];
    expect([opened.hidden, opened.querySelectorAll('.chm-choice').length]).toEqual([false, 1]);
    press('Escape', opened);
    expect(opened.hidden).toBe(true);
    expect(document.activeElement).toBe(row);
  });
});

describe('the table', () => {
  it('sorts by a heading, the other way at the second click, the unknown always last', async () => {
    const { all, texts } = await draw('grid', { view: 'table' });
    const ms = () => all('.chm-sort').find(each => each.textContent === 'ms');
    const rows = () => texts('tbody th');
    const before = rows();
    ms()?.click();
    expect(rows()).toEqual(before);
    ms()?.click();
    expect(rows()[0]).toBe('temperature 1 · playful');
    expect(texts('.chm-comparison-body > .chm-warning')).toEqual([
      '1 · formal: the server said 429: too many requests'
    ]);
  });
});

describe('the matrix', () => {
  it('has a cell for each run, with what failed in its place', async () => {
    const { all, texts } = await draw('grid');
    expect(all('.chm-cell').length).toBe(6);
    expect(texts('.chm-cell .chm-warning')).toEqual(['the server said 429: too many requests']);
    expect(texts('thead th')).toEqual(['tone', 'temperature', 'formal', 'playful']);
  });

  it('goes from cell to cell with the arrow keys, and opens a whole result', async () => {
    const { all, press } = await draw('grid');
    const cells = all('.chm-cell');
    cells[0].focus();
    press('ArrowDown', cells[0]);
    expect(document.activeElement).toBe(cells[2]);
    cells[2].click();
    expect(all('.chm-detail-pane .chm-choice').length).toBe(2);
    expect(cells[2].getAttribute('aria-expanded')).toBe('true');
  });
});

it('shows the views one after the other, and stores the last', async () => {
  const { press, states } = await draw('grid');
  for (let step = 0; step < 5; step += 1) {
    press('l');
  }
  expect(states.map(({ view }) => view)).toEqual(['columns', 'list', 'tree', 'table', 'matrix']);
});

it('continues from an answer in a cell below, and marks it', async () => {
  const { all, cells, states } = await draw('four');
  all('.chm-continue')[1].click();
  await vi.waitFor(() => expect(states.at(-1)?.chosen).toBe(1));
  expect(cells[0]).toMatch(
    /^%%chat openai\/gpt-4o --temperature 0.8\n.*assistant: 👋🏽 1. Clara\nuser: $/s
  );
  expect(all('.chm-continue')[1].getAttribute('aria-pressed')).toBe('true');
});

it('has the status of each of several runs', async () => {
  const { all, node } = await draw('grid');
  const runs = all('details.chm-details').at(-1) as HTMLDetailsElement;
  runs.open = true;
  await vi.waitFor(() => expect(node.querySelectorAll('.chm-runs .chm-header').length).toBe(6));
});

describe('names written from right to left', () => {
  it('stay apart from the numbers around them', async () => {
    const chip = 'First difference: مرحبا بكم (model 95%, sampled 2/3), Hi (5%, 1/3)';
    const comparison = { ...payloads.four.comparison!, chip };
    const { node } = await draw({ ...payloads.four, comparison });
    const summary = node.querySelector('.chm-summary-link')!;
    expect(summary.textContent).toBe(chip);
    expect(Array.from(summary.querySelectorAll('bdi'), name => name.textContent)).toEqual([
      'مرحبا بكم'
    ]);
    const least = Array.from(node.querySelectorAll('.chm-link bdi'), name => name.textContent);
    expect(least.length).toBeGreaterThan(0);
    expect(least.every(name => /^“.*”$/.test(name!))).toBe(true);
  });
});
