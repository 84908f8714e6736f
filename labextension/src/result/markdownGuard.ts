/** Guards what a model wrote before a Markdown parser reads it, and puts it back afterwards. */

/** Stands for `<`, so that no HTML is read; no text may contain it (Unicode, noncharacters). */
const LESS = '\ufdd0';
const MATH_START = '\ufdd1';
const MATH_END = '\ufdd2';
const GUARDS = /[\ufdd0-\ufdd2]/g;
const FENCE = /^([ \t]*(?:(?:[-*+]|\d+[.)])[ \t]+)*(?:>[ \t]*)*)(`{3,}|~{3,})([^`\n]*)$/;

const MATH =
  /(?<code>(`+)(?!`)[\s\S]*?(?<!`)\2(?!`))|\$\$(?!\$)[\s\S]{1,2000}?\$\$|\$(?![\s$])(?:[^$`\\\n]|\\.){1,2000}?(?<!\s)\$(?!\d)|\\\([\s\S]{1,2000}?\\\)|\\\[[\s\S]{1,2000}?\\\]|\\begin\{(?<name>[a-z]{1,20}\*?)\}[\s\S]{1,2000}?\\end\{\k<name>\}/g;
/** TeX that makes links or reaches into the page, which not every typesetter refuses. */
const NOT_MATH = /\\(?:\w*href|url|require|csname|class|cssId|style|data)(?![A-Za-z])/;

export interface GuardedMarkdown {
  text: string;
  formulas: string[];
}

export type Part = { text: string } | { formula: string };

/** Hide tags and formulas outside of code blocks; a JSON answer becomes one code block. */
export function guardMarkdown(source: string): GuardedMarkdown {
  const formulas: string[] = [];
  const clean = source.replace(GUARDS, '');
  const text = isJson(clean) ? `\`\`\`json\n${clean}\n\`\`\`` : clean;
  const parts = splitAtFences(text).map(({ isCode, lines }) => {
    const part = lines.join('\n');
    return isCode ? part : hideMath(part, formulas).replace(/</g, LESS);
  });
  return { text: parts.join('\n'), formulas };
}

/** Split what the parser made of a guarded text into text and formulas, tags as they were. */
export function restoreGuarded(text: string, formulas: readonly string[]): Part[] {
  return text
    .split(new RegExp(`${MATH_START}(\\d+)${MATH_END}`))
    .map((part, place): Part =>
      place % 2 ? { formula: formulas[Number(part)] ?? '' } : { text: part.replaceAll(LESS, '<') }
    )
    .filter(part => 'formula' in part || part.text !== '');
}

/** Return a text with everything put back. */
export function restoreText(text: string, formulas: readonly string[]): string {
  return restoreGuarded(text, formulas)
    .map(part => ('formula' in part ? part.formula : part.text))
    .join('');
}

interface Segment {
  isCode: boolean;
  lines: string[];
}

/** Split a text into stretches of lines inside and outside of code fences. */
function splitAtFences(text: string): Segment[] {
  const parts: Segment[] = [{ isCode: false, lines: [] }];
  let open: string | null = null;
  for (const line of text.split('\n')) {
    const fence = FENCE.exec(line);
    if (open === null && fence) {
      open = fence[2];
      parts.push({ isCode: true, lines: [asPlainFence(line, fence)] });
    } else {
      parts[parts.length - 1].lines.push(line);
      if (open !== null && fence && fence[3].trim() === '' && closes(open, fence[2])) {
        open = null;
        parts.push({ isCode: false, lines: [] });
      }
    }
  }
  return parts.filter(part => part.lines.length);
}

/** Keep a diagram as the text that it is. */
function asPlainFence(line: string, fence: RegExpExecArray): string {
  return /^mermaid\b/i.test(fence[3].trim()) ? `${fence[1]}${fence[2]}text` : line;
}

function closes(open: string, fence: string): boolean {
  return fence[0] === open[0] && fence.length >= open.length;
}

function hideMath(text: string, formulas: string[]): string {
  return text.replace(MATH, (found: string, ...groups: unknown[]) => {
    const { code } = groups[groups.length - 1] as { code?: string };
    if (code !== undefined || found.includes('\n\n') || NOT_MATH.test(found)) {
      return found;
    }
    formulas.push(found);
    return `${MATH_START}${formulas.length - 1}${MATH_END}`;
  });
}

function isJson(text: string): boolean {
  if (!/^\s*[{[]/.test(text) || text.includes('```')) {
    return false;
  }
  try {
    JSON.parse(text);
  } catch {
    return false;
  }
  return true;
}
