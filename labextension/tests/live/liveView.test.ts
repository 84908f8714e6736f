// @vitest-environment jsdom
import { beforeEach, describe, expect, it } from 'vitest';
import { LiveStreams } from '../../src/live/liveStream';
import { LiveView } from '../../src/live/liveView';
import { find, texts, usePage } from '../result/ui/dom';
import { liveState, message } from './states';

let streams: LiveStreams;
let node: HTMLElement;
let view: LiveView;

beforeEach(() => {
  usePage();
  streams = new LiveStreams();
  node = document.createElement('div');
  document.body.append(node);
  view = new LiveView(node, streams);
});

describe('an answer that streams', () => {
  it('is plain text with marks where the model was unsure', () => {
    view.draw(liveState({ pieces: ['He is ', [2, 'Charles', '20 % · Clara 9'], '.'] }));
    expect(find(node, '.chm-live-body').textContent).toBe('He is Charles.');
    expect(texts(node, '.chm-token.chm-bin2')).toEqual(['Charles']);
    expect(find(node, '.chm-token').title).toBe('20 % · Clara 9');
    expect(texts(node, '.chm-status span')).toEqual(['0.4 s to first token']);
  });

  it('grows in the elements that it has', () => {
    view.draw(liveState());
    const body = find(node, '.chm-live-body');
    streams.take(message(2, ' is'));
    streams.take(message(3, [4, ' Charles', '2 %']));
    view.draw(liveState({ pieces: ['He is', [4, ' Charles', '2 %'], ' King'] }, { seq: 4 }));
    streams.take(message(5, '!'));
    expect(find(node, '.chm-live-body')).toBe(body);
    expect(body.textContent).toBe('He is Charles King!');
    expect(texts(node, '.chm-bin4')).toEqual([' Charles']);
  });

  it('is not drawn back to an older state', () => {
    view.draw(liveState());
    streams.take(message(2, ' is'));
    view.draw(liveState());
    expect(find(node, '.chm-live-body').textContent).toBe('He is');
  });

  it('is drawn anew where it does not continue', () => {
    view.draw(liveState());
    view.draw(liveState({ pieces: ['She'] }, { seq: 2 }));
    expect(find(node, '.chm-live-body').textContent).toBe('She');
  });

  it('has a block for each line, also where a token holds the break', () => {
    view.draw(liveState({ pieces: ['a\n\nb', [1, ' c\n', '40 %'], 'd'] }));
    expect(texts(node, '.chm-live-line')).toEqual(['a', '', 'b c', 'd']);
  });

  it('shows control characters as chips, and no HTML', () => {
    view.draw(liveState({ pieces: ['<img src=x onerror=1>\u202e', [1, '<b>', '40 %']] }));
    expect(node.querySelectorAll('img, b').length).toBe(0);
    expect(texts(node, '.chm-chip').length).toBe(1);
  });

  it('is marked as one that streams, for what guards keys and marks stopped answers', () => {
    view.draw(liveState());
    expect(node.classList.contains('chm-live')).toBe(true);
  });

  it('is left as it was by what is no state', () => {
    view.draw(liveState());
    view.draw({ version: 9 });
    expect(find(node, '.chm-live-body').textContent).toBe('He');
  });
});

describe('a grid', () => {
  const answers = ['a', 'b', 'c', 'd', 'e'].map(text => ({
    title: null,
    state: '…',
    pieces: [text]
  }));

  it('has rows and columns, a cell for each run and all its choices in it', () => {
    const matrix = {
      corner: 'x \\ y',
      columns: ['0', '1'],
      rows: ['p', 'q'],
      answers: [1, 2, 1, 1]
    };
    view.draw(liveState({}, { matrix, answers, done: 1, runs: 4 }));
    expect(texts(node, 'th')).toEqual(['x \\ y', '0', '1', 'p', 'q']);
    expect(texts(node, 'td .chm-live-body')).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(texts(node, 'td')).toEqual(['…a', '…b…c', '…d', '…e']);
    expect(find(node, 'progress').getAttribute('value')).toBe('1');
  });

  it('stands side by side without a matrix, and says how each has ended', () => {
    view.draw(liveState({}, { answers }));
    const parts = { facts: ['2 s'], done: null, answers: [[4, 'stop', []]] as never };
    streams.take({ stream: 's', seq: 2, parts });
    expect(texts(node, '.chm-live-column .chm-live-state')).toEqual(['…', '…', '…', '…', 'stop']);
  });
});
