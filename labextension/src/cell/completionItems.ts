/** The completions at the cursor of a `%%chat` cell, without a kernel. */

import constants from '../constants.json';
import { FIELDS, OPTIONS, magicName, optionOf } from './grammar';
import { lineWords } from './lineWords';

export interface CompletionItem {
  text: string;
  /** Its range or its kind. */
  detail: string;
}

export interface Completions {
  /** Where the replaced text begins. */
  from: number;
  items: CompletionItem[];
}

const BODY_ITEMS = Object.entries(constants.bodyMarks).map(([text, detail]) => ({ text, detail }));
const NONE: Completions = { from: 0, items: [] };

/** Return the completions at the end of the text before the cursor. */
export function completionItems(before: string): Completions {
  const name = magicName(before);
  if (!name) {
    return NONE;
  }
  const lines = before.slice(name.to).split('\n');
  const last = lines.at(-1) ?? '';
  const from = before.length - last.length;
  return lines.length === 1 ? onMagicLine(before, name.to) : inBody(lines.slice(1, -1), last, from);
}

function onMagicLine(line: string, start: number): Completions {
  const complete = lineWords(line, start);
  const isNewWord = /\s$/.test(line);
  const typed = isNewWord ? undefined : complete.pop();
  const from = typed?.from ?? line.length;
  const fragment = typed?.text ?? '';
  const fields = new Set<string>();
  let awaiting: ReturnType<typeof optionOf>;
  for (const word of complete) {
    const option = awaiting || !word.text.startsWith('-') ? undefined : optionOf(word.text);
    fields.add(option?.field ?? (awaiting ? '' : 'model'));
    awaiting = option?.value && !word.text.includes('=') ? option : undefined;
  }
  if (awaiting) {
    return values(awaiting.choices, fragment, from);
  }
  const equals = fragment.indexOf('=');
  if (fragment.startsWith('-') && equals > 0) {
    return values(optionOf(fragment)?.choices ?? [], fragment.slice(equals + 1), from + equals + 1);
  }
  const options = OPTIONS.filter(option => option.repeats || !fields.has(option.field)).map(
    option => ({
      text: option.name,
      detail: shortDetail(option.value ?? 'switch')
    })
  );
  const models = fields.has('model') ? [] : [{ text: 'local', detail: 'model' }];
  return matching([...models, ...options], fragment, from);
}

function values(choices: string[], typed: string, from: number): Completions {
  const comma = typed.lastIndexOf(',') + 1;
  const items = choices.map(text => ({ text, detail: 'value' }));
  return matching(items, typed.slice(comma), from + comma);
}

function inBody(above: string[], last: string, from: number): Completions {
  const filled = above.filter(line => line.trim());
  if (filled[0]?.trimEnd() === '---' && !filled.slice(1).some(line => line.trimEnd() === '---')) {
    return inFrontMatter(filled.slice(1), last, from);
  }
  if (/^\s*[{[]/.test(filled[0] ?? '')) {
    return NONE;
  }
  return matching(BODY_ITEMS, last, from);
}

function inFrontMatter(above: string[], last: string, from: number): Completions {
  const value = /^(\w+):\s+/.exec(last);
  if (value) {
    const field = FIELDS.find(({ name }) => name === value[1]);
    return values(field?.choices ?? [], last.slice(value[0].length), from + value[0].length);
  }
  const present = new Set(above.map(line => line.split(':', 1)[0]));
  const items = FIELDS.filter(field => !present.has(field.name)).map(field => ({
    text: `${field.name}: `,
    detail: shortDetail(field.value)
  }));
  return matching(items, last, from);
}

function matching(items: readonly CompletionItem[], fragment: string, from: number): Completions {
  return { from, items: items.filter(({ text }) => text.startsWith(fragment)) };
}

/** Return a range that fits the narrow column, else the word `value`. */
function shortDetail(allowed: string): string {
  return allowed.length <= 16 ? allowed.replace(/ /g, '\u00a0') : 'value';
}
