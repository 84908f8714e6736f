/** Writes metrics and tokens as text. */

import { pattern } from '../patterns';

const GLYPHS = new Map([
  ['\n', '↵'],
  ['\t', '⇥'],
  [' ', '␣'],
  ['\r', 'U+000D']
]);
const HIDDEN = pattern('hidden', 'g');
const CONTROL = pattern('control', 'g');

/** Return a character's code point: `U+202E`. */
export function codePoint(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}

/**
 * Split a text at its invisible characters, which come at the odd indexes.
 *
 * With `spaces` false, those that only take up room, no-break and zero-width spaces, are text.
 */
export function splitHidden(text: string, spaces = true): string[] {
  const parts: string[] = [];
  let done = 0;
  for (const { 0: character, index } of text.matchAll(spaces ? HIDDEN : CONTROL)) {
    parts.push(text.slice(done, index), character);
    done = index + character.length;
  }
  return [...parts, text.slice(done)];
}

/** Replace invisible characters by their code points, for titles and labels. */
export function visibleText(text: string): string {
  return splitHidden(text)
    .map((part, index) => (index % 2 ? codePoint(part) : part))
    .join('');
}

/** Write a token so that its spaces and line breaks show. */
export function tokenName(text: string, most = 40): string {
  const ends = text.replace(/^ +| +$|[\n\t\r]/g, match =>
    Array.from(match, character => GLYPHS.get(character) ?? character).join('')
  );
  const characters = Array.from(visibleText(ends));
  const name =
    characters.length > most ? `${characters.slice(0, most - 1).join('')}…` : characters.join('');
  return name || '∅';
}

/** Write a probability as a percentage: `62.1%`, `0.04%`. */
export function percent(prob: number): string {
  if (prob >= 0.0995) {
    return `${(100 * prob).toFixed(1)}%`;
  }
  if (prob >= 0.000095) {
    return `${(100 * prob).toPrecision(2)}%`;
  }
  return prob === 0 ? '0%' : '< 0.01%';
}

/** Write a probability as the line of unsure tokens does: `31%`, `0.4%`. */
export function roundPercent(prob: number): string {
  const rounded = prob >= 0.01 ? Math.round(100 * prob) : Number((100 * prob).toPrecision(1));
  return prob >= 0.0001 ? `${rounded}%` : '0.00%';
}

/** Write a probability, however small, from its logarithm: `3.1%`, `10^-12.4`. */
export function tinyPercent(logprob: number): string {
  return logprob > -9.2 ? percent(Math.exp(logprob)) : `10^${(logprob / Math.LN10).toFixed(1)}`;
}

/** Write an interval, as one number if its ends are about the same: `1.6–2.5`. */
export function interval({ low, high }: { low: number; high: number }): string {
  return high - low < 0.05 ? low.toFixed(1) : `${low.toFixed(1)}–${high.toFixed(1)}`;
}

/** What a double may lack of the half that is rounded up: 2.305 is stored as 2.30499…. */
const HALF_ERROR = 1e-7;

/** Write nats with a true minus sign; a half is rounded away from zero. */
export function nats(logprob: number, decimals = 2): string {
  const scale = 10 ** decimals;
  const units = Math.round(Math.abs(logprob) * scale + HALF_ERROR);
  const sign = logprob < 0 && units ? '−' : '';
  return `${sign}${(units / scale).toFixed(decimals)}`;
}

/** Write a number with three digits or fewer. */
export function shortNumber(value: number): string {
  return value < 1 ? value.toFixed(2) : value < 10 ? value.toFixed(1) : value.toFixed(0);
}

/** Write a count with separators: `1,234`. */
export function count(value: number): string {
  return value.toLocaleString('en');
}

/** Write bytes in hexadecimal: `20 43 61`. */
export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join(' ');
}
