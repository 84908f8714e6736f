// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { onceNear } from '../src/nearView';

type Report = (entries: { isIntersecting: boolean }[]) => void;

let report: Report;
let observed: Element[];

class Observer {
  constructor(callback: Report) {
    report = callback;
  }
  observe(node: Element): void {
    observed.push(node);
  }
  disconnect(): void {
    observed = [];
  }
}

/** Return an element laid out between two heights of the window. */
function elementAt(top: number, bottom: number, width = 100): HTMLElement {
  const node = document.createElement('div');
  const { innerHeight } = window;
  node.getBoundingClientRect = () =>
    ({ width, top: top * innerHeight, bottom: bottom * innerHeight }) as DOMRect;
  return node;
}

beforeEach(() => {
  observed = [];
  vi.stubGlobal('IntersectionObserver', Observer);
});

afterEach(() => {
  vi.unstubAllGlobals();
});

describe('what is put off', () => {
  it.each([
    ['in what is seen', 0.2, 0.4, 1],
    ['around what is seen', -3, 4, 1],
    ['less than a window below', 1.9, 2.5, 1],
    ['less than a window above', -2, -0.9, 1],
    ['more than a window below', 2.1, 3, 0],
    ['more than a window above', -3, -1.1, 0]
  ])('is done at once if it is near: %s', (_, top, bottom, times) => {
    const act = vi.fn();
    onceNear(elementAt(top, bottom), act);
    expect(act).toHaveBeenCalledTimes(times);
  });

  it('waits until an element is laid out and comes near, and is done once', () => {
    const act = vi.fn();
    const node = elementAt(0, 0, 0);
    onceNear(node, act);
    expect(observed).toEqual([node]);
    report([{ isIntersecting: false }]);
    expect(act).not.toHaveBeenCalled();
    report([{ isIntersecting: true }]);
    window.dispatchEvent(new Event('beforeprint'));
    expect(act).toHaveBeenCalledOnce();
    expect(observed).toEqual([]);
  });

  it('is done before the page is printed, unless it was cancelled', () => {
    const act = vi.fn();
    const cancelled = vi.fn();
    onceNear(elementAt(5, 6), act);
    onceNear(elementAt(5, 6), cancelled)?.();
    window.dispatchEvent(new Event('beforeprint'));
    expect(act).toHaveBeenCalledOnce();
    expect(cancelled).not.toHaveBeenCalled();
  });
});
