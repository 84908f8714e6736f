/** How an answer differs from another one, so that it shows without colour too. */

import type { ComparedAnswer } from '../../comparison';
import { diff, diffJson, units, type Change, type FieldChange } from '../../diff';
import type { Unit } from '../../payload';
import { element, type Child } from '../dom';
import { exactText } from '../exactText';
import { note } from '../choiceView';

/** Draw the changes from one answer to another. */
export function drawChanges(base: ComparedAnswer, other: ComparedAnswer, by: Unit): HTMLElement {
  const host = element('div', 'chm-body chm-changes');
  if (base.text === other.text) {
    host.append(note('the same text as the base'), exactText('div', 'chm-exact', other.text));
    return host;
  }
  const prefill = other.answer.result.prefill;
  const fields =
    by === 'json' ? diffJson(base.answer.result.prefill + base.text, prefill + other.text) : null;
  if (fields) {
    host.append(drawFields(fields));
    return host;
  }
  if (by === 'json') {
    host.append(note('not both JSON objects or lists: compared by word'));
  }
  const changes = diff(unitsOf(base, by), unitsOf(other, by));
  const begun = prefill ? exactText('span', 'chm-prefill', prefill) : null;
  host.append(element('div', 'chm-exact', begun, ...changes.flatMap(drawChange)));
  return host;
}

function unitsOf({ text, answer }: ComparedAnswer, by: Unit): string[] {
  if (by === 'token' && answer.text === text) {
    return answer.pieces.map(piece => piece.text);
  }
  return units(text, by === 'sentence' ? by : 'word');
}

/** A blank before a word is not marked with it. */
function drawChange({ kind, text }: Change): Child[] {
  if (kind === 'same') {
    return [exactText('span', 'chm-same', text)];
  }
  const own = /^ \S/.test(text) ? text.slice(1) : text;
  const node = exactText(kind === 'insert' ? 'ins' : 'del', 'chm-diff-target', own);
  node.setAttribute('aria-label', `${kind === 'insert' ? 'inserted' : 'deleted'} “${own}”`);
  node.classList.toggle('chm-blank', !own.trim());
  return [own === text ? null : ' ', node];
}

function drawFields(fields: readonly FieldChange[]): HTMLElement {
  const changed = fields.filter(({ kind }) => kind !== 'same');
  const same = fields.length - changed.length;
  const rows = changed.map(field => {
    const before = field.before === null ? null : exactText('del', '', field.before);
    const after = field.after === null ? null : exactText('ins', '', field.after);
    const row = element(
      'li',
      'chm-field chm-diff-target',
      exactText('code', 'chm-pointer', field.pointer || '/'),
      element('span', 'chm-mono', before, before && after ? ' → ' : null, after)
    );
    row.setAttribute('aria-label', fieldWords(field));
    return row;
  });
  const words = `${same} ${same === 1 ? 'field' : 'fields'} the same`;
  return element('ul', 'chm-fields', ...rows, same ? element('li', 'chm-hint', words) : null);
}

function fieldWords({ kind, pointer, before, after }: FieldChange): string {
  const name = pointer || 'the whole';
  if (kind === 'change') {
    return `${name} changed from ${before} to ${after}`;
  }
  return kind === 'insert' ? `${name} inserted: ${after}` : `${name} deleted: ${before}`;
}
