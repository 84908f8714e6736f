/** Puts off what an element is to show until it is near what is seen of the page, or the page is idle. */

/** The height of the window, above and below what is seen, also within what scrolls. */
const NEAR = { rootMargin: '100% 0px', scrollMargin: '100% 0px' };

/** If no more is put off than this, idle moments are used; of much, most may never be looked at. */
const FEW = 20;

/** What is put off, in the order of the page. */
const waiting = new Set<() => void>();

let isScheduled = false;

/**
 * Act once an element on the page is near what is seen, at once if it already is; else when its
 * turn has come while the page is idle, where little is put off, or when the page is printed.
 *
 * @returns A function that cancels it; null if it is done.
 */
export function onceNear(node: HTMLElement, act: () => void): (() => void) | null {
  if (isNear(node)) {
    act();
    return null;
  }
  const cancel = (): void => {
    observer.disconnect();
    window.removeEventListener('beforeprint', actOnce);
    waiting.delete(actOnce);
    actWhenIdle();
  };
  const actOnce = (): void => {
    cancel();
    act();
  };
  const observer = new IntersectionObserver(entries => {
    if (entries.some(entry => entry.isIntersecting)) {
      actOnce();
    }
  }, NEAR);
  observer.observe(node);
  window.addEventListener('beforeprint', actOnce);
  waiting.add(actOnce);
  actWhenIdle();
  return cancel;
}

/** Do one thing in each idle moment, so that the page answers in between. */
function actWhenIdle(): void {
  if (isScheduled || !waiting.size || waiting.size > FEW) {
    return;
  }
  isScheduled = true;
  whenIdle(() => {
    isScheduled = false;
    const [first] = waiting;
    if (waiting.size <= FEW) {
      first?.();
    }
    actWhenIdle();
  });
}

/** Call back in an idle moment; soon, where a browser does not tell which those are. */
function whenIdle(act: () => void): void {
  if ('requestIdleCallback' in window) {
    window.requestIdleCallback(act);
  } else {
    setTimeout(act, 100);
  }
}

/** Whether an element that is laid out is near what is seen: what it shows must not flash. */
function isNear(node: HTMLElement): boolean {
  const { width, top, bottom } = node.getBoundingClientRect();
  return width > 0 && bottom > -window.innerHeight && top < 2 * window.innerHeight;
}
