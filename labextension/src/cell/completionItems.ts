/** What can be written at the cursor of a `%%chat` cell, without a kernel. */

import { FIELDS, OPTIONS, magicName, optionOf } from './grammar';
import { words } from './lineWords';

export interface CompletionItem {
  text: string;
  /** What stands beside it: the range of a value, or what it is. */
  detail: string;
}

export interface Completions {
  /** Where what they replace begins. */
  from: number;
  items: CompletionItem[];
}

const ROLES = ['system: ', 'developer: ', 'user: ', 'assistant: ', 'tool('];
const ATTACHMENTS = ['@image ', '@audio ', '@file '];
const NOTHING: Completions = { from: 0, items: [] };

/** Return what fits at the end of the text before the cursor. */
export function complete(before: string): Completions {
  const name = magicName(before);
  if (!name) {
    return NOTHING;
  }
  const lines = before.slice(name.to).split('\n');
  const last = lines[lines.length - 1];
  const from = before.length - last.length;
  return lines.length === 1 ? onMagicLine(before, name.to) : inBody(lines.slice(1, -1), last, from);
}

function onMagicLine(line: string, start: number): Completions {
  const given = words(line, start);
  const isNew = /\s$/.test(line);
  const typed = isNew ? undefined : given.pop();
  const from = typed?.from ?? line.length;
  const fragment = typed?.text ?? '';
  const fields = new Set<string>();
  let awaiting: ReturnType<typeof optionOf>;
  for (const word of given) {
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
      detail: detail(option.value ?? 'switch')
    })
  );
  const models = fields.has('model') ? [] : [{ text: 'local', detail: 'model' }];
  return matching([...models, ...options], fragment, from);
}

function values(choices: string[], typed: string, from: number): Completions {
  const comma = typed.lastIndexOf(',') + 1;
  const offers = choices.map(text => ({ text, detail: 'value' }));
  return matching(offers, typed.slice(comma), from + comma);
}

function inBody(above: string[], last: string, from: number): Completions {
  const filled = above.filter(line => line.trim());
  if (filled[0]?.trimEnd() === '---' && !filled.slice(1).some(line => line.trimEnd() === '---')) {
    return inFrontMatter(filled.slice(1), last, from);
  }
  if (/^\s*[{[]/.test(filled[0] ?? '')) {
    return NOTHING;
  }
  const roles = ROLES.map(text => ({ text, detail: 'role' }));
  const attachments = ATTACHMENTS.map(text => ({ text, detail: 'attachment' }));
  return matching([...roles, ...attachments], last, from);
}

function inFrontMatter(above: string[], last: string, from: number): Completions {
  const value = /^(\w+):\s+/.exec(last);
  if (value) {
    const field = FIELDS.find(each => each.name === value[1]);
    return values(field?.choices ?? [], last.slice(value[0].length), from + value[0].length);
  }
  const given = new Set(above.map(line => line.split(':', 1)[0]));
  const offers = FIELDS.filter(field => !given.has(field.name)).map(field => ({
    text: `${field.name}: `,
    detail: detail(field.value)
  }));
  return matching(offers, last, from);
}

function matching(offers: CompletionItem[], fragment: string, from: number): Completions {
  return { from, items: offers.filter(offer => offer.text.startsWith(fragment)) };
}

/** The column beside is narrow: it shows what is short whole. */
function detail(allowed: string): string {
  return allowed.length <= 16 ? allowed.replace(/ /g, '\u00a0') : 'value';
}
