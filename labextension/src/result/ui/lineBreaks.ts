/** Keeps the single line breaks of an answer, which Markdown would join into one line. */

const BLOCKS = new Set(
  'P UL OL LI H1 H2 H3 H4 H5 H6 TABLE THEAD TBODY TR TH TD PRE BLOCKQUOTE HR DIV'.split(' ')
);
const EXACT = 'pre, code';

/** Put an element that breaks the line before each line break within a paragraph or the like. */
export function keepLineBreaks(root: DocumentFragment): void {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const nodes: Text[] = [];
  while (walker.nextNode()) {
    nodes.push(walker.currentNode as Text);
  }
  for (const node of nodes) {
    if (node.data.includes('\n') && !node.parentElement?.closest(EXACT)) {
      breakLines(node);
    }
  }
}

function breakLines(node: Text): void {
  const lines = node.data.split('\n');
  const parts = lines.flatMap((line, index): (Node | string)[] => {
    const hasTextBefore = lines.slice(0, index).some(isInk) || isInline(node.previousSibling);
    const hasTextAfter = lines.slice(index).some(isInk) || isInline(node.nextSibling);
    const lineBreak = hasTextBefore && hasTextAfter ? [document.createElement('br')] : [];
    return index ? [...lineBreak, `\n${line}`] : [line];
  });
  node.replaceWith(...parts.filter(part => part !== ''));
}

function isInk(line: string): boolean {
  return /\S/.test(line);
}

/** Tell whether a neighbour continues the line, as blocks and the ends of lines do not. */
function isInline(node: Node | null): boolean {
  return node instanceof Element ? !BLOCKS.has(node.tagName) && node.tagName !== 'BR' : !!node;
}
