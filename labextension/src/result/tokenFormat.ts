/** Figures and tokens in words. */

const GLYPHS: Record<string, string> = { '\n': '↵', '\t': '⇥', ' ': '␣', '\r': 'U+000D' };
const HIDDEN =
  // eslint-disable-next-line no-control-regex
  /[\u0000-\u0008\u000b-\u001f\u007f-\u00a0\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]|[\u{e0000}-\u{e007f}]/gu;

/** Name a character by its number: `U+202E`. */
export function codePoint(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}

const ONLY_ROOM = /[\u00a0\u00ad\u200b-\u200d\u2060-\u2065\ufeff\u{e0000}-\u{e007f}]/u;

/**
 * Split a text at the characters that cannot be seen, which come at the odd places.
 *
 * Without `all` those that only take up room, no-break and zero-width spaces, are text.
 */
export function splitHidden(text: string, all = true): string[] {
  const parts: string[] = [];
  let done = 0;
  for (const match of text.matchAll(HIDDEN)) {
    const isText = !all && ONLY_ROOM.test(match[0]);
    if (!isText && !isJoiner(text, match.index, match[0])) {
      parts.push(text.slice(done, match.index), match[0]);
      done = match.index + match[0].length;
    }
  }
  return [...parts, text.slice(done)];
}

/** Tell whether a zero-width joiner or non-joiner stands inside a word or emoji, where it belongs. */
function isJoiner(text: string, place: number, character: string): boolean {
  const isBetween =
    place > 0 && place + 1 < text.length && /\S\S/.test(text[place - 1] + text[place + 1]);
  return (character === '\u200d' || character === '\u200c') && isBetween;
}

/** Replace what cannot be seen by its number, for titles and labels. */
export function visibleText(text: string): string {
  return splitHidden(text)
    .map((part, place) => (place % 2 ? codePoint(part) : part))
    .join('');
}

/** Write a token so that its spaces and line breaks show. */
export function tokenName(text: string, most = 40): string {
  const ends = text.replace(/^ +| +$|[\n\t\r]/g, found =>
    Array.from(found, each => GLYPHS[each]).join('')
  );
  const characters = Array.from(visibleText(ends));
  const name =
    characters.length > most ? `${characters.slice(0, most - 1).join('')}…` : characters.join('');
  return name || '∅';
}

/** Write a probability as a percentage: `62.1 %`, `0.04 %`. */
export function percent(prob: number): string {
  if (prob >= 0.0995) {
    return `${(100 * prob).toFixed(1)} %`;
  }
  if (prob >= 0.000095) {
    return `${(100 * prob).toPrecision(2)} %`;
  }
  return prob === 0 ? '0 %' : '< 0.01 %';
}

/** Write a probability as the line of what was unsure does: `31 %`, `0.4 %`. */
export function roundPercent(prob: number): string {
  const figure = prob >= 0.01 ? Math.round(100 * prob) : Number((100 * prob).toPrecision(1));
  return prob >= 0.0001 ? `${figure} %` : '0.00 %';
}

/** Write a probability, however small, from its logarithm: `3.1 %`, `10^-12.4`. */
export function tinyPercent(logprob: number): string {
  return logprob > -9.2 ? percent(Math.exp(logprob)) : `10^${(logprob / Math.LN10).toFixed(1)}`;
}

/** Write the ends of an interval, one figure where they are about the same: `1.6–2.5`. */
export function interval({ low, high }: { low: number; high: number }): string {
  return high - low < 0.05 ? low.toFixed(1) : `${low.toFixed(1)}–${high.toFixed(1)}`;
}

/** Write a figure with three digits or fewer. */
export function shortNumber(value: number): string {
  return value < 1 ? value.toFixed(2) : value < 10 ? value.toFixed(1) : value.toFixed(0);
}

/** Write bytes in hexadecimal: `20 43 61`. */
export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join(' ');
}
