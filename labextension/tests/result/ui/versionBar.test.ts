// @vitest-environment jsdom
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { drawDiff, VersionBar } from '../../../src/result/ui/versionBar';
import type { ResultDiff, VersionSource } from '../../../src/result/versions';
import { find, texts, usePage } from './dom';

const PAYLOAD = { version: 1 as const, results: [], axes: [], comparison: null };
const DIFF: ResultDiff = {
  before: 'version 1',
  after: 'version 2',
  prompt: {
    note: null,
    parameters: [['temperature', '0.2', '0.8']],
    messages: [
      {
        role: 'user',
        changes: [
          ['same', 'A '],
          ['delete', '<b>cat'],
          ['insert', 'dog'],
          ['left out', '300 unchanged characters']
        ]
      }
    ]
  },
  answers: { note: 'the same answers', changes: [], rows: [] }
};

function source(changes: Partial<VersionSource> = {}): VersionSource {
  const versions = [1, 2, 3].map(number => ({ id: number, number, title: `#${number}` }));
  return {
    versions,
    current: 2,
    show: ({ number }) => Promise.resolve({ cell: `cell ${number}`, payload: PAYLOAD }),
    diff: () => Promise.resolve(DIFF),
    ...changes
  };
}

function barOf(from: VersionSource | null, saved = 0) {
  const draw = vi.fn();
  const bar = new VersionBar(draw);
  document.body.append(bar.node);
  bar.setSource(from, saved);
  const press = (name: string): void =>
    Array.from(bar.node.querySelectorAll('button'))
      .find(({ textContent }) => textContent === name)
      ?.click();
  return { bar, draw, press };
}

beforeEach(usePage);

describe('the header of versions', () => {
  it('is hidden where there are none', () => {
    expect(barOf(null).bar.node.hidden).toBe(true);
  });

  it('names the version, and offers the one before', () => {
    const { bar } = barOf(source(), 2);
    expect(find(bar.node, 'strong').textContent).toBe('version 3');
    expect(texts(bar.node, 'button:not(:disabled):not([hidden])')).toEqual([
      '‹',
      'Diff with version 2'
    ]);
    expect(bar.node.textContent).toContain('2 earlier versions are saved in this notebook');
  });

  it('draws earlier versions in place with their cells, and the output again', async () => {
    const { bar, draw, press } = barOf(source());
    press('‹');
    await vi.waitFor(() => expect(draw).toHaveBeenLastCalledWith(PAYLOAD));
    expect(texts(bar.node, 'pre')).toEqual(['cell 2']);
    expect(bar.node.classList).toContain('chm-earlier');
    press('›');
    await vi.waitFor(() => expect(draw).toHaveBeenLastCalledWith(null));
    expect(texts(bar.node, 'pre')).toEqual([]);
    expect(bar.node.classList).not.toContain('chm-earlier');
  });

  it('draws only what was asked for last', async () => {
    const { draw, press } = barOf(source());
    press('‹');
    press('‹');
    await vi.waitFor(() => expect(draw).toHaveBeenCalled());
    expect(draw).toHaveBeenCalledTimes(1);
  });

  it('compares with the version before, below the header', async () => {
    const { bar, draw, press } = barOf(source());
    press('Diff with version 2');
    await vi.waitFor(() => find(bar.node, '.chm-version-diff'));
    expect(draw).not.toHaveBeenCalled();
  });

  it('draws a version also where it is compared before it has come', async () => {
    const { bar, draw, press } = barOf(source());
    press('‹');
    press('Diff with version 1');
    await vi.waitFor(() => find(bar.node, '.chm-version-diff'));
    await vi.waitFor(() => expect(draw).toHaveBeenLastCalledWith(PAYLOAD));
    expect(texts(bar.node, 'pre')).toEqual([]);
  });

  it('says why a version cannot be shown', async () => {
    const { bar, draw, press } = barOf(
      source({ show: () => Promise.reject(new Error('there is no #2')) })
    );
    press('‹');
    await vi.waitFor(() => expect(bar.node.textContent).toContain('there is no #2'));
    expect(draw).not.toHaveBeenCalled();
  });

  it('compares nothing without a kernel', () => {
    const { bar } = barOf(source({ diff: null }));
    expect(texts(bar.node, 'button:not([hidden])')).toEqual(['‹', '›']);
  });

  it('gives the focus to the other arrow at the first and at the last version', () => {
    const { press } = barOf(source());
    const focused = (): string | null | undefined => document.activeElement?.textContent;
    find(document, 'button:enabled').focus();
    press('‹');
    expect(focused()).toBe('‹');
    press('‹');
    expect(focused()).toBe('›');
    press('›');
    expect(focused()).toBe('›');
    press('›');
    expect(focused()).toBe('‹');
  });

  it('names the arrows for screen readers', () => {
    const { bar } = barOf(source());
    const named = [...bar.node.querySelectorAll('[aria-label]')];
    expect(named.map(each => each.getAttribute('aria-label'))).toEqual([
      'The version before',
      'The version after'
    ]);
  });
});

it('draws a diff in two columns, as text', () => {
  const node = drawDiff(DIFF);
  expect(node.querySelectorAll('section').length).toBe(2);
  expect(texts(node, 'del')).toEqual(['0.2', '<b>cat']);
  expect(texts(node, 'ins')).toEqual(['0.8', 'dog']);
  expect(node.textContent).toContain('the same answers');
});
