/** Writes a request as a program of its own; the key is never in it, only its variable's name. */

import type { PayloadResult } from '../result/payload';

const KEY_VARIABLE = 'CHAT_MAGIC_API_KEY';
const URL_VARIABLE = 'CHAT_MAGIC_BASE_URL';

/** Return the request's body. */
export function bodyOf(result: PayloadResult): Record<string, unknown> {
  const { messages, parameters, extra } = result.request;
  return { model: result.model, messages, ...parameters, ...extra };
}

/** Write the request for a POSIX shell; without an address, a variable names it. */
export function asCurl(result: PayloadResult, baseUrl: string): string {
  const body = JSON.stringify(bodyOf(result), null, 2);
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
  const body = JSON.stringify(JSON.stringify(bodyOf(result), null, 2));
  const url = baseUrl ? JSON.stringify(trimmed(baseUrl)) : `os.environ["${URL_VARIABLE}"]`;
  return `import json
import os

import httpx

body = json.loads(
    ${body}
)
response = httpx.post(
    ${url} + "/chat/completions",
    headers={"Authorization": f"Bearer {os.environ['${KEY_VARIABLE}']}"},
    json=body,
    timeout=600,
)
response.raise_for_status()
print(response.text)
`;
}

/** Return the answers' texts, with a line between them. */
export function answersOf(results: readonly PayloadResult[]): string {
  return results.flatMap(result => result.choices.map(choice => choice.text)).join('\n\n');
}

function trimmed(baseUrl: string): string {
  return baseUrl.replace(/\/+$/, '');
}

function quoted(text: string): string {
  return `'${text.replace(/'/g, `'\\''`)}'`;
}
