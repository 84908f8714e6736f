/** The answers that are compared with each other, of one request or of several. */

import { ResultModel, type Answer } from './answer';
import { itemAt } from './indexing';
import type {
  Payload,
  PayloadAxis,
  PayloadComparison,
  PayloadCoordinate,
  PayloadTree,
  PayloadUnit
} from './payloadTypes';

/** One of the answers that are compared. */
export interface ComparedAnswer {
  /** Its index among the answers. */
  index: number;
  /** The index of its result. */
  result: number;
  title: string;
  /** What stands for it in keys: the index of its choice, among several runs its own. */
  number: number;
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
  /** Indexes of identical answers, the largest group first. */
  groups: number[][];
  base: number;
  by: PayloadUnit;
  opensDiff: boolean;
  divergenceSummary: string | null;
  agreement: string | null;
  trees: PayloadTree[];
  axes: PayloadAxis[];
}

/** Read a payload's comparison; null if it has none, or one that contradicts itself. */
export function readComparison(payload: Payload): Comparison | null {
  const { axes } = payload;
  const stored = payload.comparison ?? (axes.length ? separateAnswers(payload) : null);
  if (!stored || !isConsistent(payload, stored)) {
    return null;
  }
  const results = payload.results.map(result => new ResultModel(result));
  const answers = stored.answers.map(({ result, choice, title, start, end }, index) => {
    const answer = itemAt(itemAt(results, result).choices, choice);
    const text = answer.choice.text || answer.choice.refusal || '';
    const number = results.length === 1 ? answer.choice.index : index;
    return { index, result, title, number, answer, text, start, end };
  });
  const { groups, base, by, opens, chip, agreement, trees } = stored;
  const opensDiff = opens === 'diff';
  const divergenceSummary = chip;
  return {
    ...{ results, answers, groups, base, by, opensDiff },
    ...{ divergenceSummary, agreement, trees, axes }
  };
}

/** Return a comparison for a grid with fewer than two answers. */
function separateAnswers(payload: Payload): PayloadComparison {
  const answers = payload.results.flatMap((result, index) =>
    result.choices.map((_choice, choice) => ({
      result: index,
      choice,
      title: gridTitle(result.coordinates),
      start: 0,
      end: 0
    }))
  );
  return {
    opens: 'answers',
    by: 'word',
    base: 0,
    answers,
    groups: answers.map((_answer, index) => [index]),
    chip: null,
    agreement: null,
    trees: []
  };
}

/** Return an answer's title after its number, unless it tells that: `0: openai/gpt-4o`, `result 0`. */
export function numberedTitle({ number, title }: ComparedAnswer): string {
  return [String(number), `result ${number}`].includes(title) ? title : `${number}: ${title}`;
}

/** Return the values of a run's coordinates: `0.5 · formal`. */
export function gridTitle(coordinates: readonly PayloadCoordinate[]): string {
  return coordinates.map(({ title }) => title).join(' · ');
}

/** Return the names and values of a run's coordinates: `temperature 0.5 · tone formal`. */
export function namedGridTitle(coordinates: readonly PayloadCoordinate[]): string {
  return coordinates.map(({ name, title }) => `${name} ${title}`).join(' · ');
}

/** Return the warnings that all results share. */
export function commonWarnings({ results }: Comparison): string[] {
  const [first = [], ...others] = results.map(({ result }) => result.warnings);
  return first.filter(warning => others.every(warnings => warnings.includes(warning)));
}

/** Tell whether all indexes are valid: the notebook may have been written by anyone. */
function isConsistent({ results, axes }: Payload, stored: PayloadComparison): boolean {
  const { answers, groups, base, trees } = stored;
  const grouped = groups.flat().sort((a, b) => a - b);
  const isAnswer = (index: number): boolean => answers[index] !== undefined;
  const cells = axes.reduce((product, axis) => product * axis.titles.length, 1);
  return (
    answers.every(({ result, choice }) => results[result]?.choices[choice] !== undefined) &&
    grouped.length === answers.length &&
    grouped.every((answer, index) => answer === index) &&
    groups.every(group => group.length > 0) &&
    (isAnswer(base) || answers.length === 0) &&
    (!axes.length || cells === results.length) &&
    trees.every(tree => results[tree.result] !== undefined && isTree(tree, isAnswer))
  );
}

function isTree({ nodes }: PayloadTree, isAnswer: (index: number) => boolean): boolean {
  return nodes.every(({ parent, answers }, index) => {
    const isBelow = index === 0 ? parent === -1 : parent >= 0 && parent < index;
    return isBelow && answers.every(isAnswer);
  });
}
