/** What other sampling settings would have made of answers, in words. */

import { percent, roundPercent, tinyPercent } from './tokenFormat';
import type { AnswerWhatIf, Sampling, WhatIf } from './whatIf';

/** Nats above which a probability is written as a percentage. */
const TINY = -9.2;

/** Write the settings that differ from the reported ones: `temperature 0.3, top_k 40`. */
export function settingsWords({ temperature, topP, topK }: Sampling): string {
  return [
    ...(temperature === 1 ? [] : [`temperature ${temperature}`]),
    ...(topP === 1 ? [] : [`top_p ${topP}`]),
    ...(topK ? [`top_k ${topK}`] : [])
  ].join(', ');
}

/** Write how probable an answer was, and would have been: `12% → 71–78%`. */
export function answerWords(recorded: number, { low, high }: AnswerWhatIf): string {
  return `${logWords(recorded)} → ${rangeWords(low, high)}`;
}

/** Write what became of a token: `12% → 31–34%`, `3% → cut`. */
export function tokenWords(prob: number, { low, high, cut }: WhatIf): string {
  const range = rangeWords(Math.log(low), Math.log(high));
  const after = cut ? 'cut' : cut === null ? `cut, or up to ${percent(high)}` : range;
  return `${percent(prob)} → ${after}`;
}

/** Write an interval of probabilities, given by their logarithms. */
export function rangeWords(low: number, high: number): string {
  const [first, last] = [logWords(low), logWords(high)];
  if (first === last) {
    return first;
  }
  return low > TINY ? `${first.replace('%', '')}–${last}` : `${first} to ${last}`;
}

function logWords(logprob: number): string {
  if (logprob === -Infinity) {
    return '0%';
  }
  return logprob > TINY ? roundPercent(Math.exp(logprob)) : tinyPercent(logprob);
}
