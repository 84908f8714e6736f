// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

type Report = (entries: { isIntersecting: boolean }[]) => void;

let report: Report;
let observed: Element[];
let idle: (() => void)[];
let onceNear: (typeof import('../src/nearView'))['onceNear'];

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

beforeEach(async () => {
  vi.resetModules();
  ({ onceNear } = await import('../src/nearView'));
  observed = [];
  idle = [];
  vi.stubGlobal('IntersectionObserver', Observer);
  vi.stubGlobal('requestIdleCallback', (act: () => void) => idle.push(act));
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

  it('is done in idle moments, one thing in each, but for what was cancelled or is done', () => {
    const [first, cancelled, second] = [vi.fn(), vi.fn(), vi.fn()];
    onceNear(elementAt(5, 6), first);
    onceNear(elementAt(6, 7), cancelled)?.();
    onceNear(elementAt(7, 8), second);
    idle.shift()?.();
    expect([first.mock.calls.length, second.mock.calls.length]).toEqual([1, 0]);
    window.dispatchEvent(new Event('beforeprint'));
    idle.shift()?.();
    expect([first.mock.calls.length, second.mock.calls.length]).toEqual([1, 1]);
    expect(cancelled).not.toHaveBeenCalled();
    expect(idle).toEqual([]);
  });

  it('waits until it comes near where much is put off, and the last of it for idle moments', () => {
    const acts = Array.from({ length: 22 }, () => vi.fn());
    const done = (): number => acts.filter(act => act.mock.calls.length).length;
    const cancels = acts.map(act => onceNear(elementAt(5, 6), act));
    idle.shift()?.();
    expect([done(), idle.length]).toEqual([0, 0]);
    cancels.slice(0, 2).forEach(cancel => cancel?.());
    idle.shift()?.();
    expect(done()).toBe(1);
  });

  it('is done soon in browsers that do not tell when they are idle', () => {
    vi.unstubAllGlobals();
    vi.stubGlobal('IntersectionObserver', Observer);
    vi.useFakeTimers();
    const act = vi.fn();
    onceNear(elementAt(5, 6), act);
    expect(act).not.toHaveBeenCalled();
    vi.runAllTimers();
    expect(act).toHaveBeenCalledOnce();
    vi.useRealTimers();
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
