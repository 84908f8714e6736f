/** The regular expressions that Python and TypeScript share. */

import constants from './constants.json';

/** Return one of the shared patterns as source text, to be part of another pattern. */
export function patternSource(name: keyof typeof constants.patterns): string {
  return constants.patterns[name];
}

/** Compile one of the shared patterns. */
export function pattern(name: keyof typeof constants.patterns, flags = ''): RegExp {
  const caseless = constants.caseless.includes(name) ? 'i' : '';
  return new RegExp(constants.patterns[name], `u${caseless}${flags}`);
}

/** Compile one of the shared patterns so that it matches a whole text or nothing. */
export function wholePattern(name: keyof typeof constants.patterns): RegExp {
  return new RegExp(`^(?:${constants.patterns[name]})$`, 'u');
}
