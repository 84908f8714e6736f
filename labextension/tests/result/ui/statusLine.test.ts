// @vitest-environment jsdom
import { describe, expect, it } from 'vitest';
import { drawHeader, drawRound, drawStatus } from '../../../src/result/ui/statusLine';
import { resultOf } from '../../fixtures';
import { find, texts } from './dom';

const end = (): HTMLElement => document.createElement('i');

describe('a status line', () => {
  it('has the model, the facts and what is put at its end', () => {
    const node = drawStatus(
      resultOf('names', { model: 'a/b', facts: ['1.2 s'], warnings: [] }),
      end()
    );
    expect(texts(node, '.chm-status > *')).toEqual(['a/b', '1.2 s', '']);
  });

  it('contains a single warning', () => {
    expect(texts(drawHeader('t', [], ['w'], end()), '.chm-status .chm-warning')).toEqual(['w']);
  });

  it('is followed by several warnings, a line each, the error first', () => {
    const node = drawStatus(resultOf('names', { error: 'e', warnings: ['a', 'b'] }), end());
    expect(texts(node, '.chm-status .chm-warning')).toEqual([]);
    expect(texts(node, 'header > .chm-warning')).toEqual(['e', 'a', 'b']);
  });
});

describe('a tool call', () => {
  const run = { id: 'c', name: 'f', arguments: '{"a": 1}', result: '4', error: null, seconds: 0.5 };

  it('shows what was called and a short result', () => {
    const node = drawRound({ text: 'Let me see', tool_runs: [run] });
    expect(texts(node, 'code, .chm-raw, .chm-round-text, .chm-muted')).toEqual([
      'Let me see',
      'f({"a": 1})',
      '0.50 s',
      '4'
    ]);
  });

  it.each([['x'.repeat(301)], ['a\n'.repeat(7)]])('hides a long result', result => {
    const node = drawRound({ text: '', tool_runs: [{ ...run, result }] });
    expect(find(node, 'summary').textContent).toContain(`${result.length} characters`);
    expect(node.querySelector('.chm-raw')).toBeNull();
  });

  it('shows why it failed', () => {
    const node = drawRound({ text: '', tool_runs: [{ ...run, result: null, error: 'no f' }] });
    expect(texts(node, '.chm-warning')).toEqual(['no f']);
  });
});
