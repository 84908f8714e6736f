/** The lines above an answer: its status, its warnings, and the tool calls before it. */

import { count, shortNumber } from '../tokenFormat';
import type { PayloadResult, PayloadRound, PayloadToolRun } from '../payloadTypes';
import { details, element } from './dom';
import { exactText } from './exactText';
import { termNodes } from './terms';

/** A result with up to so many characters and lines is shown without a click. */
const SHORT_CHARACTERS = 300;
const SHORT_LINES = 6;

/** Draw a result's status line, with an element at its end. */
export function drawStatus(result: PayloadResult, end: HTMLElement): HTMLElement {
  const { model, facts, error } = result;
  const warnings = [...(error ? [error] : []), ...result.warnings];
  return drawHeader(model, facts, warnings, end);
}

/** Draw a status line; several warnings get a line each. */
export function drawHeader(
  title: string,
  facts: readonly string[],
  warnings: readonly string[],
  end: HTMLElement
): HTMLElement {
  const onLine = warnings.length === 1 ? warnings : [];
  const line = element(
    'div',
    'chm-status',
    exactText('strong', '', title),
    ...facts.map(fact => element('span', '', ...termNodes(fact))),
    ...onLine.map(warning => exactText('span', 'chm-warning', warning)),
    end
  );
  const lines =
    warnings.length > 1 ? warnings.map(warning => exactText('div', 'chm-warning', warning)) : [];
  return element('header', 'chm-header', line, ...lines);
}

/** Draw an earlier answer and the results of its tool calls. */
export function drawRound(round: PayloadRound): HTMLElement {
  const text = round.text ? exactText('div', 'chm-round-text', round.text) : null;
  return element('div', 'chm-round', text, ...round.tool_runs.map(drawToolRun));
}

function drawToolRun(run: PayloadToolRun): HTMLElement {
  const line = element(
    'div',
    'chm-call',
    exactText('code', '', `${run.name}(${run.arguments})`),
    element('span', 'chm-muted', `${shortNumber(run.seconds)} s`),
    run.result === null ? exactText('span', 'chm-warning', run.error ?? '') : null
  );
  const result = run.result;
  if (result === null) {
    return element('div', '', line);
  }
  const isShort = result.length <= SHORT_CHARACTERS && result.split('\n').length <= SHORT_LINES;
  const shown = exactText('pre', 'chm-raw', result);
  const title = `result, ${count(result.length)} characters`;
  return element('div', '', line, isShort ? shown : details(title, () => shown));
}
