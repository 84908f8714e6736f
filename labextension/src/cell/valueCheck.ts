/** Checks values as they are typed, by the ranges of the parameter table. */

import { fieldOf, type Rule } from './grammar';

/** What no check can tell yet: a template, a value that is being typed, none. */
const UNKNOWN = /\{\{|\{%|^[-+.]*$|^(?:null|~)$/i;
const NUMBER = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i;
const INTEGER = /^[-+]?\d+$/;

/** Say what is wrong with the value of a parameter; null if nothing is. */
export function valueProblem(name: string, written: string): string | null {
  const field = fieldOf(name);
  const text = written.replace(/^(['"])(.*)\1$/, '$2');
  if (!field || UNKNOWN.test(text)) {
    return null;
  }
  return isAllowed(field.rule, text) ? null : `${name} must be ${field.value}, got ${text}`;
}

function isAllowed({ kind, minimum, maximum, words }: Rule, text: string): boolean {
  if (kind === 'number' || kind === 'integer') {
    const value = Number(text);
    return (
      (kind === 'number' ? NUMBER : INTEGER).test(text) &&
      value >= (minimum ?? -Infinity) &&
      value <= (maximum ?? Infinity)
    );
  }
  return words === null || words.includes(text);
}
