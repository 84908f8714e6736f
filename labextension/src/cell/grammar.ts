/** The options and fields of a `%%chat` cell; chat_magic/core/cell defines its grammar. */

import vocabulary from './vocabulary.json';

export interface Option {
  name: string;
  short: string | null;
  field: string;
  value: string | null;
  choices: string[];
  repeats: boolean;
}

/** What a value may be. */
export interface Rule {
  kind: string;
  minimum: number | null;
  maximum: number | null;
  /** The only values; null if others are allowed too. */
  words: string[] | null;
}

export interface Field {
  name: string;
  value: string;
  choices: string[];
  rule: Rule;
}

export const OPTIONS: readonly Option[] = vocabulary.options;
export const FIELDS: readonly Field[] = vocabulary.fields;

const BY_NAME = new Map(FIELDS.map(field => [field.name, field]));
const BY_WORD = new Map(
  OPTIONS.flatMap(option => [option.name, option.short ?? option.name].map(word => [word, option]))
);

const CELL = /^(?:\s|#[^\n]*\n)*%%chat(?=\s|$)/;

/** Tell whether a cell's text is a `%%chat` cell. */
export function isChatCell(text: string): boolean {
  return CELL.test(text);
}

/** Return where the magic's name begins and ends. */
export function magicName(text: string): { from: number; to: number } | null {
  const match = CELL.exec(text);
  return match && { from: match[0].length - '%%chat'.length, to: match[0].length };
}

/** Return the field of a name. */
export function fieldOf(name: string): Field | undefined {
  return BY_NAME.get(name);
}

/** Return the option that a word names, ignoring what follows `=`. */
export function optionOf(word: string): Option | undefined {
  const [name = ''] = word.split('=', 1);
  return (
    BY_WORD.get(name) ??
    BY_WORD.get(name.startsWith('--') ? `--${name.slice(2).replace(/_/g, '-')}` : name)
  );
}
