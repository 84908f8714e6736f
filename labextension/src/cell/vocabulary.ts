/** The options and fields that chat-magic knows, as its parameter table states them. */

import vocabulary from './vocabulary.json';

/** An option of the `%%chat` line; `value` is null for a switch. */
export interface Option {
  name: string;
  short: string | null;
  field: string;
  value: string | null;
  choices: string[];
  repeats: boolean;
}

/** A field of the YAML block. */
export interface Field {
  name: string;
  value: string;
  choices: string[];
}

export const OPTIONS: readonly Option[] = vocabulary.options;
export const FIELDS: readonly Field[] = vocabulary.fields;
export const ROLES = ['system', 'developer', 'user', 'assistant', 'tool'] as const;
export const ATTACHMENTS = ['image', 'audio', 'file'] as const;

const BY_WORD = new Map(
  OPTIONS.flatMap(option => [option.name, ...(option.short ? [option.short] : [])].map(word => [word, option]))
);
const BY_FIELD = new Map(FIELDS.map(field => [field.name, field]));

/** Return the option that a word names; `-` and `_` are the same. */
export function findOption(word: string): Option | undefined {
  return BY_WORD.get(word) ?? BY_WORD.get('--' + word.slice(2).replaceAll('_', '-'));
}

/** Return the field of this name. */
export function findField(name: string): Field | undefined {
  return BY_FIELD.get(name);
}
