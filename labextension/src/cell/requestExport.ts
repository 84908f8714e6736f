/** Writes a request as a program, with the name of the variable that holds the key. */

import type { PayloadResult } from '../result/payloadTypes';

const KEY_VARIABLE = 'CHAT_MAGIC_API_KEY';
const URL_VARIABLE = 'CHAT_MAGIC_BASE_URL';

/** Return the request's body without streaming: the program waits for the whole answer. */
export function requestBody(result: PayloadResult): Record<string, unknown> {
  const { messages, parameters, extra } = result.request;
  const { stream: _stream, stream_options: _options, ...others } = parameters;
  return { model: result.model, messages, ...others, ...extra };
}

/** Write the request for a POSIX shell; without an address, a variable names it. */
export function asCurl(result: PayloadResult, baseUrl: string): string {
  const body = JSON.stringify(requestBody(result), null, 2);
  const path = '/chat/completions';
  const url = baseUrl ? quoted(trimmed(baseUrl) + path) : `"$${URL_VARIABLE}${path}"`;
  return [
    `curl ${url}`,
    `  -H "Authorization: Bearer $${KEY_VARIABLE}"`,
    `  -H 'Content-Type: application/json'`,
    `  --data-binary ${quoted(body)}`
  ].join(' \\\n');
}

/** Write the request in Python, with httpx; without an address, a variable names it. */
export function asPython(result: PayloadResult, baseUrl: string): string {
  const url = baseUrl ? JSON.stringify(trimmed(baseUrl)) : `os.environ["${URL_VARIABLE}"]`;
  return `import os

import httpx

request = ${literal(requestBody(result))}
response = httpx.post(
    ${url} + "/chat/completions",
    headers={"Authorization": "Bearer " + os.environ["${KEY_VARIABLE}"]},
    json=request,
    timeout=600,
)
response.raise_for_status()
for choice in response.json()["choices"]:
    print(choice["message"]["content"])
`;
}

/** Write a JSON value as a Python literal. */
function literal(value: unknown, indent = ''): string {
  if (value === null || typeof value === 'boolean') {
    return value === null ? 'None' : value ? 'True' : 'False';
  }
  if (typeof value !== 'object') {
    return JSON.stringify(value);
  }
  const inner = `${indent}    `;
  const [opening, closing] = Array.isArray(value) ? (['[', ']'] as const) : (['{', '}'] as const);
  const items = Object.entries(value).map(([key, item]) => {
    const label = Array.isArray(value) ? '' : `${JSON.stringify(key)}: `;
    return `${inner}${label}${literal(item, inner)},\n`;
  });
  return items.length ? `${opening}\n${items.join('')}${indent}${closing}` : opening + closing;
}

/** Return the answers' texts, separated by blank lines. */
export function joinAnswers(results: readonly PayloadResult[]): string {
  return results.flatMap(result => result.choices.map(choice => choice.text)).join('\n\n');
}

function trimmed(baseUrl: string): string {
  return baseUrl.replace(/\/+$/, '');
}

function quoted(text: string): string {
  return `'${text.replace(/'/g, `'\\''`)}'`;
}
