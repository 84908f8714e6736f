/** The changes from one answer to another, marked by more than colour. */

import constants from '../../../constants.json';
import type { ComparedAnswer } from '../../comparison';
import { diff, replacesWithoutSpace, sharedPart, units, type Change } from '../../diff';
import { diffJson, type FieldChange } from '../../jsonDiff';
import type { PayloadUnit } from '../../payloadTypes';
import { roundPercent } from '../../tokenFormat';
import { button, element, type Child } from '../dom';
import { exactText } from '../exactText';
import { note } from '../choiceView';

/**
 * Draw the changes from one answer to another.
 *
 * Where the texts share little, that is said, and sentences are offered.
 */
export function drawChanges(
  base: ComparedAnswer,
  other: ComparedAnswer,
  by: PayloadUnit,
  onSentences: () => void = () => undefined
): HTMLElement {
  const host = element('div', 'chm-body chm-changes');
  if (base.text === other.text) {
    host.append(note('Same text as the base'), exactText('div', 'chm-exact', other.text));
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
    host.append(note('Not both are JSON objects or lists: compared by word'));
  }
  const changes = diff(unitsOf(base, by), unitsOf(other, by));
  const shared = sharedPart(changes);
  const length = changes.reduce((sum, { text }) => sum + text.length, 0);
  if (shared < constants.leastShared && length > constants.shortDiff) {
    host.append(sharesLittle(shared, by, onSentences));
  }
  const prefillNode = prefill ? exactText('span', 'chm-prefill', prefill) : null;
  host.append(element('div', 'chm-exact', prefillNode, ...drawTextChanges(changes, changeNodes)));
  return host;
}

function unitsOf({ text, answer }: ComparedAnswer, by: PayloadUnit): string[] {
  if (by === 'token' && answer.text === text) {
    return answer.pieces.map(piece => piece.text);
  }
  return units(text, by === 'sentence' ? by : 'word');
}

function sharesLittle(shared: number, by: PayloadUnit, onSentences: () => void): HTMLElement {
  const node = note(`The texts share little (${roundPercent(shared)}). `);
  if (by !== 'sentence') {
    node.append(
      button('Compare by sentence', 'Compare whole sentences', onSentences, 'chm-inline')
    );
  }
  return node;
}

/** Draw the changes of a text in reading order; what replaces a text without a space has one. */
export function drawTextChanges<C extends { kind: string; text: string }>(
  changes: readonly C[],
  draw: (change: C) => Child[]
): Child[] {
  return changes.flatMap((change, index) => [
    replacesWithoutSpace(changes[index - 1], change) ? ' ' : null,
    ...draw(change)
  ]);
}

/** Draw a change; a space before a word is not marked. */
export function changeNodes({ kind, text }: Change): Child[] {
  if (kind === 'same') {
    return [exactText('span', 'chm-same', text)];
  }
  const marked = /^ \S/.test(text) ? text.slice(1) : text;
  const node = exactText(kind === 'insert' ? 'ins' : 'del', 'chm-diff-target', marked);
  node.setAttribute('aria-label', `${kind === 'insert' ? 'inserted' : 'deleted'} “${marked}”`);
  node.classList.toggle('chm-blank', !marked.trim());
  return [marked === text ? null : ' ', node];
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
    row.setAttribute('aria-label', describeField(field));
    return row;
  });
  const unchanged = `${same} ${same === 1 ? 'field' : 'fields'} unchanged`;
  return element('ul', 'chm-fields', ...rows, same ? element('li', 'chm-hint', unchanged) : null);
}

function describeField({ kind, pointer, before, after }: FieldChange): string {
  const name = pointer || 'the whole value';
  if (kind === 'change') {
    return `${name} changed from ${before} to ${after}`;
  }
  return kind === 'insert' ? `${name} inserted: ${after}` : `${name} deleted: ${before}`;
}
