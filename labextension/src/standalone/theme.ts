/** Whether what is behind an element is dark, whatever syntax its colour is written in. */

/** Tell whether text behind which an element stands should be light. */
export function isDark(node: Element): boolean {
  for (let at: Element | null = node; at; at = parentOf(at)) {
    const pixel = pixelOf(getComputedStyle(at).backgroundColor);
    if (pixel && pixel.alpha > 0.5) {
      return pixel.luminance < 0.5;
    }
  }
  // where nothing behind is painted, as in the frames of VS Code, the page's text tells
  const text = pixelOf(getComputedStyle(node).color);
  return text ? text.luminance > 0.5 : window.matchMedia('(prefers-color-scheme: dark)').matches;
}

function parentOf(node: Element): Element | null {
  const root = node.getRootNode();
  return node.parentElement ?? (root instanceof ShadowRoot ? root.host : null);
}

/** Paint a colour on a canvas, which reads all that CSS can write, such as `oklch()`. */
function pixelOf(color: string): { luminance: number; alpha: number } | null {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 1;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) {
    return null;
  }
  context.fillStyle = color;
  context.fillRect(0, 0, 1, 1);
  const [red = 0, green = 0, blue = 0, alpha = 0] = context.getImageData(0, 0, 1, 1).data;
  return {
    luminance: (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255,
    alpha: alpha / 255
  };
}

/** Call back when an element is in the page, at once if it is. */
export function whenShown(node: Element, act: () => void): void {
  if (node.isConnected) {
    act();
    return;
  }
  const observer = new ResizeObserver(() => {
    if (node.isConnected) {
      observer.disconnect();
      act();
    }
  });
  observer.observe(node);
}
