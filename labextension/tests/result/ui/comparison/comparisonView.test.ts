// @vitest-environment jsdom
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { readComparison } from '../../../../src/result/comparison';
import type {
  Payload,
  PayloadChoice,
  PayloadComparison
} from '../../../../src/result/payloadTypes';
import { ComparisonView } from '../../../../src/result/ui/comparison/comparisonView';
import type { ViewState } from '../../../../src/result/viewState';
import { wire } from '../../../fixtures';
import { find, MARKDOWN_OPTIONS, press, texts, usePage } from '../dom';

type Name = 'four' | 'grid' | 'diff';

beforeEach(usePage);

const payloads = wire<Record<Name, Payload>>('comparison.json');
const four = payloads.four.comparison as PayloadComparison;

/** Return a payload with one result of these answers, all different. */
function payloadOf(answers: string[], prefill = ''): Payload {
  const choices = payloads.four.results.flatMap(result =>
    result.choices
      .slice(0, 1)
      .flatMap(choice =>
        answers.map((text, index): PayloadChoice => ({ ...choice, index, text, parts: {} }))
      )
  );
  const results = payloads.four.results.map(result => ({ ...result, prefill, choices }));
  const compared = answers.map((_text, choice) => {
    return { result: 0, choice, title: String(choice), start: 4, end: 6 };
  });
  const groups = answers.map((_text, index) => [index]);
  return {
    ...payloads.four,
    results,
    comparison: { ...four, answers: compared, groups, trees: [] }
  };
}

/** Draw a comparison in a stored state. */
async function draw(source: Name | Payload, stored: Partial<ViewState> = {}) {
  const comparison = readComparison(typeof source === 'string' ? payloads[source] : source);
  if (!comparison) {
    throw new Error('there is no comparison');
  }
  const states: ViewState[] = [];
  const cells: string[] = [];
  const insert = (text: string): Promise<string> => {
    cells.push(text);
    return Promise.resolve('inserted below');
  };
  const view = new ComparisonView(comparison, MARKDOWN_OPTIONS, insert, {
    onMode: mode => void view.setMode(mode),
    onViewState: state => void states.push(state)
  });
  const { node } = view;
  document.body.append(node);
  await view.setViewState(stored);
  await view.setMode('text');
  return {
    node,
    states,
    cells,
    all: (selector: string) => Array.from(node.querySelectorAll<HTMLElement>(selector)),
    said: () => node.querySelector('[role=status]')?.textContent
  };
}

/** Return the element at an index among those that match. */
function nth(elements: HTMLElement[], index: number): HTMLElement {
  const element = elements[index];
  if (!element) {
    throw new Error(`there is no element ${index}`);
  }
  return element;
}

describe('columns', () => {
  it('show each text once, the most frequent first, and say which answers have it', async () => {
    const { node, all } = await draw('four');
    expect(texts(node, '.chm-choice strong')).toEqual(['0', '1', '3']);
    expect(texts(node, '.chm-count')).toEqual(['×2']);
    expect(nth(all('.chm-count'), 0).title).toContain('0, 2');
  });

  it('dim what all share, and outline the token at which they diverge', async () => {
    const { node } = await draw('four');
    expect(texts(node, '.chm-markdown .chm-divergence')).toEqual([
      'Charlotte',
      'Clara',
      'Charlotte'
    ]);
    expect(texts(node, '.chm-markdown .chm-common')).toEqual(['👋🏽 1. ', '👋🏽 1. ', '👋🏽 1. ']);
  });

  it('show another one of the answers with a text', async () => {
    const { node, all } = await draw('four');
    nth(all('.chm-count'), 0).click();
    nth(all('.chm-identical button'), 1).click();
    await vi.waitFor(() => expect(texts(node, '.chm-choice strong')).toEqual(['2', '1', '3']));
  });

  it('of more than twelve answers are filled as they become visible', async () => {
    const { node, all } = await draw(
      payloadOf(Array.from({ length: 13 }, (_answer, index) => `Name ${index}`)),
      { view: 'columns' }
    );
    expect(all('.chm-choice').length).toBe(13);
    expect(texts(node, '.chm-markdown')).toEqual(['Name 0', 'Name 1', 'Name 2', 'Name 3']);
  });

  it('show what failed in its place', async () => {
    const { node } = await draw('grid', { view: 'columns' });
    expect(texts(node, '.chm-failed')).toEqual([
      '1 · formalfailedthe server said 429: too many requests'
    ]);
  });
});

describe('the diff', () => {
  it('marks insertions and deletions, with words for screen readers', async () => {
    const { node, all } = await draw('diff', { by: 'word', base: 1 });
    expect(texts(node, '.chm-changes del')).toEqual(['Clara', 'Clara']);
    expect(texts(node, '.chm-changes ins')).toEqual(['Charlotte', 'Charlotte Ann']);
    const named = all('.chm-changes ins').map(each => each.getAttribute('aria-label'));
    expect(named).toEqual(['inserted “Charlotte”', 'inserted “Charlotte Ann”']);
    expect(texts(node, '.chm-base strong')).toEqual(['1']);
  });

  it('begins with the prefill, which makes the answer JSON', async () => {
    const payload = payloadOf(['"a": 1}', '"a": 2}'], '{');
    const { node, all } = await draw(payload, { isDiff: true, base: 0, by: 'word' });
    expect(all('.chm-changes .chm-exact').map(each => each.textContent)).toEqual(['{"a": 1 2}']);
    expect(texts(node, '.chm-changes .chm-prefill')).toEqual(['{']);
    const json = await draw(payload, { isDiff: true, base: 0, by: 'json' });
    expect(texts(json.node, '.chm-fields .chm-pointer')).toEqual(['/a']);
  });

  it('has its base changed by a digit', async () => {
    const { node, states, said } = await draw('four');
    press(node, '3');
    expect(states.at(-1)).toMatchObject({ base: 3, isDiff: true });
    expect(texts(node, '.chm-base strong')).toEqual(['3']);
    expect(texts(node, '.chm-changes del')).toEqual(['Ann', 'Charlotte Ann']);
    expect(said()).toBe('compared with 3 by word');
    press(node, '7');
    expect(said()).toBe('no answer 7');
  });

  it('is gone through with brackets', async () => {
    const { node, said } = await draw('diff', { by: 'word', base: 1 });
    press(node, ']');
    expect(said()).toBe('1 of 4: deleted “Clara”');
    press(node, ']');
    expect(said()).toBe('2 of 4: inserted “Charlotte”');
    expect(document.activeElement?.textContent).toBe('Charlotte');
    press(node, '[');
    press(node, '[');
    expect(said()).toBe('no more differences');
  });

  it('is where brackets lead from the overviews', async () => {
    const { node, all, said } = await draw('diff', { by: 'word', base: 1, view: 'table' });
    press(node, ']');
    await vi.waitFor(() => expect(said()).toBe('1 of 4: deleted “Clara”'));
    expect(document.activeElement).toBe(nth(all('.chm-changes del'), 0));
  });

  it('is left when tokens are shown', async () => {
    const { all, states } = await draw('diff');
    nth(all('.chm-switch button'), 1).click();
    expect(states.at(-1)?.isDiff).toBe(false);
  });
});

describe('the tree', () => {
  it('opens and closes with the arrow keys', async () => {
    const { all } = await draw('four', { view: 'tree' });
    const rows = (): HTMLElement[] => all('[role=treeitem]');
    const count = rows().length;
    nth(rows(), 0).focus();
    press(nth(rows(), 0), 'ArrowLeft');
    expect([rows().length, nth(rows(), 0).getAttribute('aria-expanded')]).toEqual([1, 'false']);
    press(nth(rows(), 0), 'ArrowRight');
    expect(rows().length).toBe(count);
    press(nth(rows(), 0), 'ArrowRight');
    expect(document.activeElement).toBe(nth(rows(), 1));
    expect(rows().filter(row => row.tabIndex === 0).length).toBe(1);
  });

  it('says how often each branch was taken, and its probability', async () => {
    const { all } = await draw('four', { view: 'tree' });
    const row = nth(all('[role=treeitem]'), 1);
    expect(row.textContent).toContain('3/4');
    expect(row.textContent).toContain('31.0%');
    expect(row.title).toBe('3 of 4 (95%: 30.1% to 95.4%); model probability 31.0%');
  });

  it('opens an answer below, which Esc closes', async () => {
    const { all } = await draw('four', { view: 'tree' });
    const row = nth(all('[role=treeitem]'), 1);
    row.click();
    const opened = nth(all('.chm-detail-pane'), 0);
    expect([opened.hidden, opened.querySelectorAll('.chm-choice').length]).toEqual([false, 1]);
    press(opened, 'Escape');
    expect(opened.hidden).toBe(true);
    expect(document.activeElement).toBe(row);
  });
});

describe('the table', () => {
  it('sorts by a heading, the other way at the second click, the unknown always last', async () => {
    const { node, all } = await draw('grid', { view: 'table' });
    const ms = (): HTMLElement | undefined =>
      all('.chm-sort').find(each => each.textContent === 'ms');
    const rows = (): (string | null)[] => texts(node, 'tbody th');
    const before = rows();
    ms()?.click();
    expect(rows()).toEqual(before);
    ms()?.click();
    expect(rows()[0]).toBe('temperature 1 · playful');
    expect(texts(node, '.chm-comparison-body > .chm-warning')).toEqual([
      '1 · formal: the server said 429: too many requests'
    ]);
  });
});

describe('the matrix', () => {
  it('has a cell for each run, with what failed in its place', async () => {
    const { node, all } = await draw('grid');
    expect(all('.chm-cell').length).toBe(6);
    expect(texts(node, '.chm-cell .chm-warning')).toEqual([
      'the server said 429: too many requests'
    ]);
    expect(texts(node, 'thead th')).toEqual(['tone', 'temperature', 'formal', 'playful']);
  });

  it('goes from cell to cell with the arrow keys, and opens a whole result', async () => {
    const { all } = await draw('grid');
    const cells = all('.chm-cell');
    nth(cells, 0).focus();
    press(nth(cells, 0), 'ArrowDown');
    expect(document.activeElement).toBe(cells[2]);
    nth(cells, 2).click();
    expect(all('.chm-detail-pane .chm-choice').length).toBe(2);
    expect(nth(cells, 2).getAttribute('aria-expanded')).toBe('true');
  });
});

it('shows the views one after the other, and stores the last', async () => {
  const { node, states } = await draw('grid');
  for (let step = 0; step < 5; step += 1) {
    press(node, 'l');
  }
  expect(states.map(({ view }) => view)).toEqual(['columns', 'list', 'tree', 'table', 'matrix']);
});

it('continues from an answer in a cell below, and marks it', async () => {
  const { all, cells, states } = await draw('four');
  nth(all('.chm-continue'), 1).click();
  await vi.waitFor(() => expect(states.at(-1)?.chosen).toBe(1));
  expect(cells[0]).toMatch(
    /^%%chat openai\/gpt-4o --temperature 0.8\n.*assistant: 👋🏽 1. Clara\nuser: $/s
  );
  expect(nth(all('.chm-continue'), 1).getAttribute('aria-pressed')).toBe('true');
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
    const comparison = { ...four, chip };
    const { node } = await draw({ ...payloads.four, comparison });
    const summary = find(node, '.chm-summary-link');
    expect(summary.textContent).toBe(chip);
    expect(Array.from(summary.querySelectorAll('bdi'), name => name.textContent)).toEqual([
      'مرحبا بكم'
    ]);
    const least = Array.from(node.querySelectorAll('.chm-link bdi'), name => name.textContent);
    expect(least.length).toBeGreaterThan(0);
    expect(least.every(name => /^“.*”$/.test(name))).toBe(true);
  });
});
