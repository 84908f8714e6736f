/** The answers that are set beside each other, of one request or of several. */

import { ResultModel, type Answer } from './answer';
import type { Axis, Payload, PayloadComparison, PayloadTree, Unit } from './payload';

/** One of the texts that are compared. */
export interface ComparedAnswer {
  /** Its place among the answers. */
  place: number;
  /** The place of its result. */
  result: number;
  title: string;
  answer: Answer;
  /** Its content, else its refusal. */
  text: string;
  /** The ends of the first token in which the answers differ, in UTF-16 units. */
  start: number;
  end: number;
}

export interface Comparison {
  results: ResultModel[];
  answers: ComparedAnswer[];
  /** Places of identical answers, the largest group first. */
  groups: number[][];
  base: number;
  by: Unit;
  opensDiff: boolean;
  chip: string | null;
  agreement: string | null;
  trees: PayloadTree[];
  axes: Axis[];
}

/** Read what is to be compared; null where there is nothing, or it contradicts itself. */
export function readComparison(payload: Payload): Comparison | null {
  const axes = payload.axes ?? [];
  const found = payload.comparison ?? (axes.length ? singleAnswerGroups(payload) : null);
  if (!found || !isConsistent(payload, found)) {
    return null;
  }
  const results = payload.results.map(result => new ResultModel(result));
  const answers = found.answers.map(({ result, choice, title, start, end }, place) => {
    const answer = results[result].choices[choice];
    return { place, result, title, answer, text: textOf(answer), start, end };
  });
  const { groups, base, by, chip, agreement, trees } = found;
  const opensDiff = found.opens === 'diff';
  return { results, answers, groups, base, by, opensDiff, chip, agreement, trees, axes };
}

function textOf({ choice }: Answer): string {
  return choice.text || choice.refusal || '';
}

/** A grid of which fewer than two answers came: each stands for itself. */
function singleAnswerGroups(payload: Payload): PayloadComparison {
  const answers = payload.results.flatMap((result, place) =>
    result.choices.map((_, choice) => ({
      result: place,
      choice,
      title: titleOf(result.coordinates ?? []),
      start: 0,
      end: 0
    }))
  );
  return {
    opens: 'answers',
    by: 'word',
    base: 0,
    answers,
    groups: answers.map((_, place) => [place]),
    chip: null,
    agreement: null,
    trees: []
  };
}

/** Name a place in a grid: `0.5 · formal`. */
export function titleOf(coordinates: readonly { title: string }[]): string {
  return coordinates.map(({ title }) => title).join(' · ');
}

/** Return what all results warn of. */
export function commonWarnings({ results }: Comparison): string[] {
  const all = results.map(({ result }) => result.warnings);
  return all[0].filter(words => all.every(warnings => warnings.includes(words)));
}

/** The notebook may have been written by anyone: every place must be one. */
function isConsistent({ results, axes }: Payload, found: PayloadComparison): boolean {
  const { answers, groups, base, trees } = found;
  const places = groups.flat().sort((a, b) => a - b);
  const isAnswer = (place: number): boolean => answers[place] !== undefined;
  const cells = (axes ?? []).reduce((product, axis) => product * axis.titles.length, 1);
  return (
    answers.every(({ result, choice }) => results[result]?.choices[choice] !== undefined) &&
    places.length === answers.length &&
    places.every((place, order) => place === order) &&
    groups.every(group => group.length > 0) &&
    (isAnswer(base) || answers.length === 0) &&
    (!axes?.length || cells === results.length) &&
    trees.every(({ nodes }) =>
      nodes.every(
        (node, place) =>
          (place === 0 ? node.parent === -1 : node.parent >= 0 && node.parent < place) &&
          node.answers.every(isAnswer)
      )
    )
  );
}
