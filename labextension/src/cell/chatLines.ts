/** Finds the `%chat` lines of a Python cell, as chat_magic/shell/input_transform.py does. */

/** A `%chat` line: its end, and where the magic's name stands. */
export interface ChatLine {
  name: { from: number; to: number };
  to: number;
}

const LINE =
  /([ \t]*(?:[\p{L}_][\w.]*[ \t]*=[ \t]*|%(?:time|timeit|prun)[ \t]+(?:-\S+[ \t]+(?:\d+[ \t]+)?)*)?)%chat(?=\s|$)[^\n]*\n?/uy;
/** A shell command or another magic, whose quotes and brackets are no Python. */
const ESCAPED_LINE = /[ \t]*[%!?][^\n]*\n?/y;
const TOKEN = new RegExp(
  [
    String.raw`(?<string>(?<quote>"{3}|'{3})(?:\\[^]|[^])*?(?:\k<quote>|$)`,
    String.raw`"(?:\\[^]|[^"\\\n])*"?|'(?:\\[^]|[^'\\\n])*'?)`,
    String.raw`(?<comment>#[^\n]*)`,
    String.raw`(?<opening>[(\[{])|(?<closing>[)\]}])`,
    String.raw`\\\n|(?<newline>\n)|[^"'#()[\]{}\\\n]+|[^]`
  ].join('|'),
  'y'
);

/** Return the `%chat` lines of a cell; those in strings and in brackets are none. */
export function chatLines(text: string): ChatLine[] {
  const lines: ChatLine[] = [];
  if (!text.includes('%chat') || text.trimStart().startsWith('%%')) {
    return lines;
  }
  let [position, depth, isAtStart] = [0, 0, true];
  while (position < text.length) {
    const chat = isAtStart && depth === 0 ? matchAt(LINE, text, position) : null;
    if (chat) {
      const from = position + (chat[1] ?? '').length;
      const to = position + chat[0].trimEnd().length;
      lines.push({ name: { from, to: from + '%chat'.length }, to });
    }
    const whole = chat ?? (isAtStart && depth === 0 ? matchAt(ESCAPED_LINE, text, position) : null);
    const token = whole ?? matchAt(TOKEN, text, position);
    if (!token) {
      break;
    }
    const { opening, closing, newline } = token.groups ?? {};
    depth = Math.max(0, depth + (opening ? 1 : 0) - (closing ? 1 : 0));
    isAtStart = whole !== null || newline !== undefined;
    position += token[0].length;
  }
  return lines;
}

function matchAt(pattern: RegExp, text: string, position: number): RegExpExecArray | null {
  pattern.lastIndex = position;
  return pattern.exec(text);
}
