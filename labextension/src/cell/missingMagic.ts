/** Recognizes a cell that failed because the kernel has not loaded chat-magic. */

/** The code that loads it. */
export const LOAD_CODE = '%load_ext chat_magic';

const MISSING = /UsageError: (?:Cell|Line) magic (?:function )?`%{1,2}chat` not found/;
// eslint-disable-next-line no-control-regex -- the kernel colours its errors
const COLOURS = /\u001b\[[\d;]*m/g;

/** Tell whether the error output of a cell says that its magic is unknown. */
export function isMagicMissing(text: string): boolean {
  return MISSING.test(text.replace(COLOURS, ''));
}

/** Say why loading failed, by the name of the kernel's exception. */
export function loadFailure(name: string): string {
  return name === 'ModuleNotFoundError'
    ? 'chat-magic is not installed in this kernel: run %pip install chat-magic, then try again'
    : `chat-magic could not be loaded (${name}): run ${LOAD_CODE} to see why`;
}
