/** What the terms mean that views print; chat_magic/view/glossary.py is the source. */

import terms from './glossary.json';

/** A term: its name, then its other spellings. */
export interface Term {
  words: string[];
  meaning: string;
}

export const TERMS: readonly Term[] = terms;

const BY_WORD = new Map(
  TERMS.flatMap(({ words, meaning }) => words.map(word => [word, meaning] as const))
);
const LONGEST_FIRST = [...BY_WORD.keys()].sort((a, b) => b.length - a.length);
const WORD = new RegExp(`(\\b(?:${LONGEST_FIRST.join('|')})\\b)`, 'iu');

/** Return what a term means; undefined if it is not in the glossary. */
export function meaningOf(word: string): string | undefined {
  return BY_WORD.get(word.toLowerCase());
}

/** Split a text at the terms in it, which come at the odd indexes. */
export function splitTerms(text: string): string[] {
  return text.split(WORD);
}
