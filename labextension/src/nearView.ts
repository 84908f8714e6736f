/** Puts off what an element is to show until it is near the part of the page that is seen. */

/** The height of the window, above and below what is seen, also within what scrolls. */
const NEAR = { rootMargin: '100% 0px', scrollMargin: '100% 0px' };

/**
 * Act once an element on the page is near what is seen, at once if it already is, or when the page
 * is printed.
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
  return cancel;
}

/** Whether an element that is laid out is near what is seen: what it shows must not flash. */
function isNear(node: HTMLElement): boolean {
  const { width, top, bottom } = node.getBoundingClientRect();
  return width > 0 && bottom > -window.innerHeight && top < 2 * window.innerHeight;
}
