/** Writes a request as a program, from the templates that Python's `export` uses. */

import constants from '../constants.json';
import { pattern } from '../patterns';
import type { PayloadResult } from '../result/payloadTypes';

/** A language that a request can be written in. */
export type Language = keyof typeof constants.programs;

const HIDDEN = pattern('hiddenInCode', 'g');
const PATH = '/chat/completions';

/** Write the program that sends a request; without an address, a variable names it. */
export function writeProgram(result: PayloadResult, language: Language, baseUrl: string): string {
  const { whole, stream, unknownUrl, comment } = constants.programs[language];
  const template = result.request.parameters.stream === true ? stream : whole;
  const { known, extra } = fieldsOf(result);
  const values: Record<string, string> = {
    KNOWN: jsonText(result, known, language),
    EXTRA: extra.length ? `extra = ${jsonText(result, extra, language)}\n` : '',
    ARGUMENTS: extra.length ? '**request, extra_body=extra' : '**request',
    BASE: baseUrl ? JSON.stringify(baseUrl.replace(/\/+$/, '')) : constants.unknownBase,
    URL: baseUrl ? quotedUrl(baseUrl.replace(/\/+$/, '') + PATH, language) : unknownUrl,
    BODY: bodyText(result, language)
  };
  const program = template.replace(
    /<(URL|BODY|KNOWN|EXTRA|BASE|ARGUMENTS)>/g,
    (mark, name: string) => values[name] ?? mark
  );
  return note(result.model, comment) + program;
}

/** Return the JSON of the request that was sent, as a program in a language contains it. */
export function bodyText(result: PayloadResult, language: Language): string {
  const { known, extra } = fieldsOf(result, []);
  return jsonText(result, [...known, ...extra], language);
}

type Field = [string, unknown];

/** Return the fields that a library's method has as parameters, and the others. */
function fieldsOf(
  { model, request }: PayloadResult,
  notParameters: readonly string[] = constants.notOfOpenai
): { known: Field[]; extra: Field[] } {
  const { messages, parameters, extra } = request;
  const all: Field[] = Object.entries({ model, messages, ...parameters });
  const isKnown = ([name]: Field): boolean => !notParameters.includes(name);
  return {
    known: all.filter(isKnown),
    extra: [...all.filter(field => !isKnown(field)), ...Object.entries(extra)]
  };
}

function jsonText(
  { request: { exact } }: PayloadResult,
  fields: readonly Field[],
  language: Language
): string {
  const lines = fields.map(([name, value]) => {
    const json = exact?.[name] ?? JSON.stringify(value, null, 2);
    return `  ${JSON.stringify(name)}: ${json.replace(/\n/g, '\n  ')}`;
  });
  const text = `{\n${lines.join(',\n')}\n}`.replace(HIDDEN, hidden => escaped(hidden));
  return language === 'javascript'
    ? text.replace(/`/g, escaped('`')).replace(/\$\{/g, () => `${escaped('$')}{`)
    : text;
}

/** Return the answers' texts, separated by blank lines. */
export function joinAnswers(results: readonly PayloadResult[]): string {
  return results.flatMap(result => result.choices.map(choice => choice.text)).join('\n\n');
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function quotedUrl(url: string, language: Language): string {
  return language === 'curl' ? `'${url.replace(/'/g, `'\\''`)}'` : JSON.stringify(url);
}

/** Return a comment that names the local server, where the request was sent to that. */
function note(model: string, comment: string): string {
  if (model.split('/')[0] !== 'local') {
    return '';
  }
  const shown = model.replace(/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, '\ufffd');
  const lines = constants.localNote.map(line => line.replace('<MODEL>', () => shown));
  return lines.map(line => `${comment} ${line}\n`).join('');
}
