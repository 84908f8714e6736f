/** Where the values of a JSON text stand in it, each under its JSON Pointer. */

import type { Node } from 'jsonc-parser';
import { jsonString, parseJson } from './jsonText';
import type { Segment } from './segments';

/** Find strings, numbers, literals, empty objects and lists; none if the text is not JSON. */
export function jsonFields(text: string): Segment[] {
  const tree = parseJson(text, true);
  return tree ? fieldsOf(text, tree.root, '') : [];
}

/** Return the JSON Pointer of what an object or a list holds under a key or an index. */
export function pointerTo(pointer: string, step: string | number): string {
  return `${pointer}/${String(step).replace(/~/g, '~0').replace(/\//g, '~1')}`;
}

function fieldsOf(text: string, node: Node, name: string): Segment[] {
  const start = node.offset;
  const end = start + node.length;
  const children = node.children ?? [];
  if (node.type === 'array' && children.length) {
    return children.flatMap((child, index) => fieldsOf(text, child, pointerTo(name, index)));
  }
  if (node.type === 'object' && children.length) {
    return children.flatMap(({ children: [key, value] = [] }) =>
      key && value ? fieldsOf(text, value, pointerTo(name, jsonString(text, key))) : []
    );
  }
  const isOpen = node.children !== undefined && !/[\]}]$/.test(text.slice(start + 1, end));
  return isOpen ? [] : [{ name, start, end }];
}
