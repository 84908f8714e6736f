/** Whether a cell is a `%%chat` cell, and its first line. */

const HEAD = /^(\s*%%chat)(?=\s|$)([^\n]*)/;

/** The magic's name, then what follows on its line. */
export interface Head {
  lineStart: number;
  lineEnd: number;
  line: string;
}

/** Return where the line after `%%chat` stands, or null for any other cell. */
export function readHead(source: string): Head | null {
  const match = HEAD.exec(source);
  return match && { lineStart: match[1].length, lineEnd: match[0].length, line: match[2] };
}

/** Say whether the kernel would take this for a `%%chat` cell. */
export function isChatCell(source: string): boolean {
  return HEAD.test(source);
}

/** Put `%%chat` and these settings above a text; a chat cell stays as it is. */
export function makeChatCell(source: string, settings: string): string {
  return isChatCell(source) ? source : `${magicLine(settings)}\n${source.replace(/^\n+/, '')}`;
}

/** Return the settings of a chat cell: what stands after `%%chat`. */
export function settingsOf(source: string): string {
  return readHead(source)?.line.trim() ?? '';
}

/** Put other settings in the place of a chat cell's. */
export function withSettings(source: string, settings: string): string {
  const head = readHead(source);
  return head ? magicLine(settings) + source.slice(head.lineEnd) : source;
}

function magicLine(settings: string): string {
  return `%%chat ${settings.replace(/\s*\n\s*/g, ' ').trim()}`.trimEnd();
}
