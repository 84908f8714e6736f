/** Protects parts of a model's Markdown from the parser, and restores them afterwards. */

import { pattern, patternSource } from '../patterns';

/** Stands for `<`, so that no HTML is read; no text may contain it (Unicode, noncharacters). */
const LESS = '\ufdd0';
const MATH_START = '\ufdd1';
const MATH_END = '\ufdd2';
const GUARDS = /[\ufdd0-\ufdd2]/g;
const FENCE =
  /^(?<indent>[ \t]*(?:(?:[-*+]|\d+[.)])[ \t]+)*(?:>[ \t]*)*)(?<mark>`{3,}|~{3,})(?<info>[^`\n]*)$/;
const CODE = /(?<code>(?<ticks>`+)(?!`)[^]*?(?<!`)\k<ticks>(?!`))/u.source;
const CODE_OR_MATH = new RegExp(`${CODE}|${patternSource('formula')}`, 'gu');
const UNSAFE_MATH = pattern('unsafeFormula');

export interface GuardedMarkdown {
  text: string;
  formulas: string[];
}

export type RestoredPart = { text: string } | { formula: string };

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

/** Split the text that the parser returned into text and formulas, with the tags restored. */
export function restoreGuarded(text: string, formulas: readonly string[]): RestoredPart[] {
  return text
    .split(new RegExp(`${MATH_START}(\\d+)${MATH_END}`))
    .map((part, index): RestoredPart =>
      index % 2 ? { formula: formulas[Number(part)] ?? '' } : { text: part.replaceAll(LESS, '<') }
    )
    .filter(part => 'formula' in part || part.text !== '');
}

/** Return a text with everything restored. */
export function restoreText(text: string, formulas: readonly string[]): string {
  return restoreGuarded(text, formulas)
    .map(part => ('formula' in part ? part.formula : part.text))
    .join('');
}

interface LineGroup {
  isCode: boolean;
  lines: string[];
}

/** Split a text into lines inside and outside of code fences. */
function splitAtFences(text: string): LineGroup[] {
  let group: LineGroup = { isCode: false, lines: [] };
  const groups = [group];
  let open: string | null = null;
  const start = (isCode: boolean, lines: string[]): void => {
    group = { isCode, lines };
    groups.push(group);
  };
  for (const line of text.split('\n')) {
    const { indent = '', mark, info = '' } = FENCE.exec(line)?.groups ?? {};
    if (open === null && mark) {
      open = mark;
      start(true, [/^mermaid\b/i.test(info.trim()) ? `${indent}${mark}text` : line]);
    } else {
      group.lines.push(line);
      if (open !== null && mark && info.trim() === '' && closes(open, mark)) {
        open = null;
        start(false, []);
      }
    }
  }
  return groups.filter(({ lines }) => lines.length);
}

function closes(open: string, mark: string): boolean {
  return mark.startsWith(open);
}

function hideMath(text: string, formulas: string[]): string {
  return text.replace(CODE_OR_MATH, (match: string, ...groups: unknown[]) => {
    const { code } = groups.at(-1) as { code?: string };
    if (code !== undefined || match.includes('\n\n') || UNSAFE_MATH.test(match)) {
      return match;
    }
    formulas.push(match);
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
