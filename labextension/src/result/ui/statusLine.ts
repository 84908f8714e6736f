/** The lines above an answer: what it took, what to be warned of, the rounds of calls before it. */

import { shortNumber } from '../tokenFormat';
import type { PayloadResult, Round, ToolRun } from '../payload';
import { details, element } from './dom';
import { exactText } from './exactText';

/** Characters, of few lines, that are shown without a click. */
const SHORT = 300;

/** Draw what a request took, with something at the end of the line. */
export function drawStatus(result: PayloadResult, end: HTMLElement): HTMLElement {
  const { model, facts, error } = result;
  const warnings = [...(error ? [error] : []), ...result.warnings];
  return drawHeader(model, facts, warnings, end);
}

/** Draw the line above; several warnings get a line each. */
export function drawHeader(
  title: string,
  facts: readonly string[],
  warnings: readonly string[],
  end: HTMLElement
): HTMLElement {
  const few = warnings.length === 1 ? warnings : [];
  const line = element(
    'div',
    'chm-status',
    exactText('strong', '', title),
    ...facts.map(fact => exactText('span', '', fact)),
    ...few.map(warning => exactText('span', 'chm-warning', warning)),
    end
  );
  const lines =
    warnings.length > 1 ? warnings.map(each => exactText('div', 'chm-warning', each)) : [];
  return element('header', 'chm-header', line, ...lines);
}

/** Draw an answer before the last one, and what came of its calls. */
export function drawRound(round: Round): HTMLElement {
  const said = round.text ? exactText('div', 'chm-round-text', round.text) : null;
  return element('div', 'chm-round', said, ...round.tool_runs.map(drawToolRun));
}

function drawToolRun(run: ToolRun): HTMLElement {
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
  const isShort = result.length <= SHORT && result.split('\n').length <= 6;
  const shown = exactText('pre', 'chm-raw', result);
  const title = `result, ${result.length.toLocaleString('en')} characters`;
  return element('div', '', line, isShort ? shown : details(title, () => shown));
}
