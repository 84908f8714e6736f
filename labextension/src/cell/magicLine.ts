/** Reads and changes the magic line of a cell, and finds where its last message ends. */

import { isChatCell, magicName } from './grammar';

/** Return the text as a `%%chat` cell. */
export function asChatCell(text: string, line: string): string {
  return isChatCell(text) ? text : `${line}\n${text}`;
}

/** Return the magic's line. */
export function magicLine(text: string): string {
  const start = magicName(text)?.from ?? 0;
  return text.slice(start).split('\n', 1)[0] ?? '';
}

/** The end of a JSON body, from the quote that closes its last message. */
const JSON_END = /"\s*\}\s*\]\s*\}\s*$/;

/** Return where one continues to type in a cell: at the end of its last message. */
export function caretIn(text: string): number {
  return JSON_END.exec(text)?.index ?? text.length;
}

/** Return the text with another magic line; `%%chat` is added if the line lacks it. */
export function withMagicLine(text: string, line: string): string {
  const start = magicName(text)?.from ?? 0;
  const old = magicLine(text);
  const now = isChatCell(line) ? line.trim() : `%%chat ${line.trim()}`;
  return text.slice(0, start) + now + text.slice(start + old.length);
}
