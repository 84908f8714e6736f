/** The keys that work in a result: the one list that hints, tooltips and help are made of. */

export interface Key {
  /** As printed on the keyboard, alternatives separated by a space. */
  keys: string;
  meaning: string;
  /** What the line of hints says; without it the key is only in the help. */
  hint?: string;
}

export const RESULT_KEYS: readonly Key[] = [
  { keys: 'v', meaning: 'next of text, tokens, raw' },
  { keys: '?', meaning: 'these keys and terms', hint: 'keys' },
  { keys: 'Esc', meaning: 'back to the notebook, from details step by step' }
];

export const TOKEN_KEYS: readonly Key[] = [
  { keys: '← → ↑ ↓', meaning: 'move by token or line; with Shift select' },
  { keys: 'Home End', meaning: 'first, last token' },
  { keys: 'n p', meaning: 'next, previous unsure token', hint: 'next, previous unsure' },
  {
    keys: 'a',
    meaning: 'alternatives; Enter branches from the selected one',
    hint: 'alternatives'
  },
  { keys: 'm', meaning: 'next metric', hint: 'metric' },
  { keys: 'g', meaning: 'next granularity', hint: 'granularity' },
  { keys: 'r', meaning: 'granularity by a regular expression' },
  { keys: 't', meaning: 'token table', hint: 'table' },
  { keys: 'f', meaning: 'token table of this token alone, or of all' },
  { keys: 'c', meaning: 'next choice' },
  { keys: 'Enter', meaning: 'pin the details, or release them' }
];

export const COMPARISON_KEYS: readonly Key[] = [
  { keys: 'd', meaning: 'diff on or off', hint: 'diff' },
  { keys: '0–9', meaning: 'diff against the answer of this number' },
  { keys: '[ ]', meaning: 'previous, next difference', hint: 'differences' },
  { keys: 'l', meaning: 'next layout: columns, list, …', hint: 'layout' }
];

/** Write the keys that have a hint as a line: `m metric · t table`. */
export function hintLine(keys: readonly Key[]): string {
  return keys.flatMap(({ keys, hint }) => (hint ? [`${keys} ${hint}`] : [])).join(' · ');
}
