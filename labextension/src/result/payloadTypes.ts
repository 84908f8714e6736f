/**
 * The types of the display payload.
 *
 * Written from tests/wire/result.v1.schema.json by `make generated`.
 */

/**
 * What a front end needs to draw results. A column of numbers is comma-separated text with one
 * entry for each token; an entry is empty if its number is unknown. The column `tokens` has no
 * unknown numbers: if it is empty, there are no entries. The alternatives are one compressed block,
 * whose layout chat_magic/view/alternatives_block.py describes.
 */
export interface Payload {
  version: 1;
  /** Those of a grid are in row-major order: the last axis varies fastest. */
  results: PayloadResult[];
  /** The axes of the grid; empty if the results are not a grid. */
  axes: PayloadAxis[];
  /** Null if there are fewer than two answers. */
  comparison: null | PayloadComparison;
  /**
   * Earlier versions of the cell, the oldest first, of at most 64 KB; absent unless the user asked
   * to save them.
   */
  versions?: PayloadVersion[];
  /**
   * What was left out of the prompt, and how that moves the answer; the only result is that of the
   * whole prompt. Absent for other results.
   */
  ablation?: PayloadAblation;
  /**
   * The answers to a prompt with their probabilities; `results` is empty then. Absent otherwise.
   */
  distribution?: PayloadDistribution;
  /** The table of a grid whose first axis is the rows of data; absent in others. */
  rows?: PayloadRows;
  /** What checks said about the answers; absent if these are not checked. */
  checks?: PayloadChecks;
}

/** How far each segment of a prompt moves the answer. */
export interface PayloadAblation {
  /** What was measured: the answer, or the labels. */
  subject: string;
  facts: string[];
  warnings: string[];
  messages: PayloadPaintedMessage[];
  /** In the order of the prompt. */
  segments: PayloadPromptSegment[];
  /** Their positions, the largest effect first. */
  ranked: number[];
}

export interface PayloadPaintedMessage {
  role: string;
  pieces: PayloadPaintedPiece[];
}

export interface PayloadPaintedPiece {
  text: string;
  /** The segment that it belongs to; null for what is between them. */
  segment: number | null;
}

export interface PayloadPromptSegment {
  excerpt: string;
  /** Its effect, in words. */
  words: string;
  /**
   * How strongly it is painted: above 0 where it gives to the answer, below where it takes from it.
   */
  grade: number;
  /**
   * The cell of the prompt without it; null where it cannot be written, or its effect is not among
   * the largest.
   */
  cell: string | null;
}

export interface PayloadDistribution {
  /** As asked for: vendor/model. */
  model: string;
  /** How many answers hold how much, what is unseen, requests and time, in words. */
  facts: string[];
  warnings: string[];
  /** The name by which the kernel can extend it; null if it cannot. */
  handle: string | null;
  /**
   * The beginning of the cell that continues the request; null where it cannot be written as a
   * cell.
   */
  cell: PayloadCellHead | null;
  /** The prefilled beginning of every answer; it is in no node. */
  prefill: string;
  /** The nodes that are drawn, the root first, parents before children. */
  nodes: PayloadDistributionNode[];
}

/** A text, and what may follow it. */
export interface PayloadDistributionNode {
  /** Index of the node before it; -1 for the root. */
  parent: number;
  /** Its number in the kernel. */
  node: number;
  /** What it adds to the text before it. */
  text: string;
  /** Of the whole text, 0 to 1. */
  prob: number;
  /** Whether the answer ends here, is cut at the most tokens, or was not followed from here. */
  ending: '' | 'end' | 'cut' | 'open';
  /** Probability of answers in it that are not drawn. */
  others: number;
  /** Probability in it that was not followed, and is not in a child that is drawn. */
  unseen: number;
  /**
   * The numbers of all its tokens in the model's vocabulary, from the start of the answer; empty
   * where they are not known.
   */
  tokens: string;
  /** Whether the whole text does not end inside a character. */
  is_text: boolean;
}

/** An earlier execution of the cell. */
export interface PayloadVersion {
  /** Its number among the executions of the cell, from 1. */
  version: number;
  /** The text of the cell at that time. */
  cell: string | null;
  results: PayloadResult[];
  axes: PayloadAxis[];
  comparison: null | PayloadComparison;
  rows?: PayloadRows;
}

/**
 * The data's own columns, and a cell for each row and variant. The titles of the rows are those of
 * the first axis.
 */
export interface PayloadRows {
  /** What the rows are called. */
  index: string;
  columns: PayloadDataColumn[];
  variants: PayloadVariant[];
  /** One for each of `results`, in their order: row by row. */
  cells: PayloadRowCell[];
  /** The size, the model and the cost, in words. */
  facts: string[];
  /** The distinct warnings of all requests. */
  warnings: string[];
  /** Whether tokens or alternatives are left out, to limit the size; absent where they are not. */
  is_cut?: boolean;
  /**
   * The name by which the kernel gives the result of a cell whole; absent where nothing is left
   * out, or it cannot.
   */
  handle?: string;
}

/** A column of the data. */
export interface PayloadDataColumn {
  name: string;
  /** For each row, shortened to one line. */
  values: string[];
  /** Whether they sort as numbers. */
  is_number: boolean;
}

/** What each row is sent as. */
export interface PayloadVariant {
  title: string;
  /** What holds for its answers, in words. */
  facts: string[];
}

/** The answer to one row in one variant. */
export interface PayloadRowCell {
  /** Its beginning, in one line; or why the request failed. */
  text: string;
  /** The likeliest label; absent without labels. */
  label?: string;
  /** Its probability. */
  prob?: number;
  /** Whether the request failed; absent if not. */
  failed?: boolean;
  /** The number of its choices; absent if that is 1. */
  choices?: number;
  /** How many of them differ; absent if they are all the same. */
  distinct?: number;
  /** What the checks say; absent without checks. */
  marks?: PayloadMark[];
  /**
   * What the table can be filtered by: a failed request or check, choices that differ, a label or
   * token below 50 %; absent if it is none.
   */
  states?: ('failing' | 'mixed' | 'unsure')[];
}

/** What a check says of an answer. */
export interface PayloadMark {
  /** Its name. */
  check: string;
  outcome: 'passed' | 'failed' | 'unknown';
}

/** One request and its answer. */
export interface PayloadResult {
  /** As asked for: vendor/model. */
  model: string;
  /** The result's coordinates in a grid, in the order of the axes; empty for a single request. */
  coordinates: PayloadCoordinate[];
  /** Why the answer is missing or incomplete, in one line. */
  error: string | null;
  request: PayloadRequest;
  /**
   * The beginning of the cell that continues from this result: everything before the prefill or the
   * answer. Null where the request cannot be written as a cell; absent in payloads of earlier
   * versions.
   */
  cell?: PayloadCellHead | null;
  /** The prefilled beginning of every choice; it is not part of its text. */
  prefill: string;
  /**
   * Why its server does not continue a beginning of an answer; absent unless that was found out.
   */
  no_branch?: string;
  /** Why no program or cell can send its request again; absent if one can. */
  no_program?: string;
  /**
   * The numbers, in the model's vocabulary, of the last tokens of the prefill; absent if they are
   * not known.
   */
  prefill_tokens?: string;
  /** What the server reported about its reply. */
  reply: PayloadReply;
  timing: PayloadTiming;
  usage: PayloadUsage | null;
  /** Dollars. */
  cost: number | null;
  /** Time, speed, tokens and cost of the request, in words. */
  facts: string[];
  warnings: string[];
  /** The probabilities of labels, and the tokens with the lowest probabilities, in words. */
  unsure: string | null;
  /** The earlier answers whose tool calls were run. */
  rounds: PayloadRound[];
  choices: PayloadChoice[];
  /**
   * The distinct tokens of the answer. A token's id is its index in `tokens`; the block of
   * alternatives continues the numbering. Equal texts with different bytes are different tokens.
   */
  vocabulary: PayloadVocabulary;
  /**
   * The block in base64: a row for each token of each part of each choice, in that order; empty if
   * there are none.
   */
  alternatives: string;
  /** The number of alternatives that were left out to limit the size. */
  alternatives_left_out: number;
}

export interface PayloadRound {
  /** The model's text before its tool calls. */
  text: string;
  tool_runs: PayloadToolRun[];
}

export interface PayloadChoice {
  index: number;
  text: string;
  /** The server's, or `error` or `interrupted`. */
  finish_reason: string | null;
  refusal: string | null;
  reasoning: string | null;
  /** The spoken answer; the sound is in the HTML. */
  audio: PayloadAudio | null;
  /** What checks said about the answer; absent if it is not checked. */
  mark?: 'passed' | 'failed' | 'error';
  /** The images of the answer; absent if there are none. */
  images?: PayloadImage[];
  /** What the answer cites; absent if that is nothing. */
  sources?: PayloadSource[];
  tool_calls: PayloadToolCall[];
  /** Finish reason and length, in words. */
  facts: string[];
  /** Null if unknown. Log probabilities are natural logarithms. */
  metrics: PayloadMetrics;
  /** In words. */
  perplexity: string | null;
  /** The surprisal along the answer in block characters. */
  sparkline: string;
  /** The parts that have log probabilities. */
  parts: PayloadParts;
}

/** Columns with an entry for each token. */
export interface PayloadPart {
  /** Ids. */
  tokens: PayloadIntegers;
  logprobs: PayloadNumbers;
  statuses: PayloadStatuses;
  /**
   * Milliseconds from the arrival of the token before to that of this one; the first from the start
   * of the request. May be empty.
   */
  waits_ms: PayloadNumbers;
  /**
   * 0 for a token that tells how sure the model was, 1 for JSON's own punctuation, white space and
   * keys, 2 for one that is not in the text. Absent if all are 0.
   */
  roles?: PayloadIntegers;
}

export interface PayloadChecks {
  /** One for each variant. */
  rates: PayloadRate[];
  /** How variants compare. */
  sentences: string[];
  /** Exceptions of checks, and what these do not see. */
  notices: string[];
  /** One for each variant; empty without a truth. */
  confusions: PayloadConfusion[];
}

/** How many answers of a variant pass all checks. */
export interface PayloadRate {
  title: string;
  /** The count and its interval. */
  words: string;
  facts: string[];
  /**
   * The lower end of the 95 % interval, the share, and the upper end, 0 to 1; null without answers.
   */
  bounds: number[] | null;
}

/** What a variant answered where what is true. */
export interface PayloadConfusion {
  title: string;
  truths: string[];
  answers: string[];
  /** For each truth, the count of each answer. */
  counts: number[][];
}

export interface PayloadComparison {
  /** What is shown first. */
  opens: 'answers' | 'diff';
  /** The unit that differences are made of. */
  by: PayloadUnit;
  /** Index in `answers` of the answer that the others are compared with. */
  base: number;
  answers: PayloadAnswer[];
  /** Identical answers, the largest group first. */
  groups: PayloadPlaces[];
  /**
   * How the answers of a request continue where they first differ, in words: the model's
   * probabilities and the counts.
   */
  chip: string | null;
  /** How far the answers agree, in words. */
  agreement: string | null;
  /**
   * A tree for each result whose choices differ. Node 0 is what all choices share; a node's text
   * extends to the next divergence or to the end. The leaves are the choices: the texts from the
   * root to a leaf, joined, are the choice's text.
   */
  trees: PayloadTree[];
}

export interface PayloadNode {
  /** Index in `nodes`; -1 for the root. */
  parent: number;
  text: string;
  /** Length of the token at which the text diverges, in UTF-16 code units. */
  token_units: number;
  /** Number of choices that take this branch. */
  count: number;
  /** Number of choices that reach the divergence. */
  among: number;
  /** Lower end of the 95% Wilson interval of count / among. */
  low: number | null;
  high: number | null;
  /** The model's probability of this branch: a mean over the choices that reach it. */
  prob: number | null;
  answers: PayloadPlaces;
}

/** Indexes in `answers`. */
export type PayloadPlaces = number[];

export type PayloadIntegers = string;

/** Log probabilities are natural logarithms with 4 decimals. */
export type PayloadNumbers = string;

/**
 * By index in the column, the status of log probabilities that are not measurements and are left
 * empty.
 */
export type PayloadStatuses = Record<string, PayloadStatus>;

export interface PayloadAxis {
  name: string;
  titles: string[];
}

export interface PayloadCoordinate {
  name: string;
  title: string;
}

export interface PayloadRequest {
  /** As sent; long data of attachments is truncated. */
  messages: (Record<string, unknown>)[];
  /** The other fields that were sent, except the model. */
  parameters: Record<string, unknown>;
  /** The fields that the API does not define. */
  extra: Record<string, unknown>;
  /** Whether the data of every attachment is complete. */
  is_whole: boolean;
  /**
   * By its name, the JSON of each field with an integer that a double does not hold; absent if
   * there is none.
   */
  exact?: Record<string, string>;
}

export interface PayloadCellHead {
  /**
   * As a block of messages, ending with a line break: append `role: text` lines. It takes texts
   * whose first and last lines are not blank and which have no carriage return; a backslash goes
   * before each further line that would open a message or attach a file, also where backslashes
   * precede that. Null where a block cannot hold the request.
   */
  block: string | null;
  /**
   * As a JSON body, ending inside the list of messages: append message objects with commas between
   * them, then `]` and `}`. It takes any text. In both forms the first line must end with ` --raw`
   * where an appended text has a template.
   */
  json: string;
}

export interface PayloadReply {
  id: string | null;
  /** Seconds since 1970 UTC. */
  created: number | null;
  model: string | null;
  system_fingerprint: string | null;
  service_tier: string | null;
}

export interface PayloadTiming {
  /** Seconds to the first text. */
  ttft_s: number | null;
  total_s: number;
  tokens_per_s: number | null;
}

export interface PayloadUsage {
  prompt_tokens: number | null;
  completion_tokens: number | null;
  total_tokens: number | null;
  reasoning_tokens: number | null;
}

export interface PayloadVocabulary {
  /** As sent. */
  tokens: string[];
  /**
   * Of each token its number in the model's vocabulary, separated by commas; empty where it is not
   * known. Absent if none is.
   */
  ids?: string;
  /**
   * By id, the bytes of tokens whose bytes are not the UTF-8 of their text: parts of characters.
   */
  bytes: Record<string, number[]>;
}

export interface PayloadToolRun {
  id: string;
  name: string;
  /** Usually JSON, but as the model wrote it. */
  arguments: string;
  /**
   * What the function returned; null if it failed. A long result is truncated: the request's tool
   * message has all of it.
   */
  result: string | null;
  /** Why the function failed. */
  error: string | null;
  seconds: number;
}

export interface PayloadAudio {
  transcript: string | null;
  bytes: number;
}

/** Data that its first bytes prove to be an image, or a link, or neither. */
export interface PayloadImage {
  media_type: PayloadImageType | null;
  /** In base64. */
  data: string | null;
  link: string | null;
  /** The image, or why it is not shown, in words. */
  description: string;
}

export interface PayloadSource {
  /** With which the text refers to it. */
  number: number;
  title: string;
  link: string | null;
  /** Of the link; empty if the title is the link. */
  host: string;
}

export interface PayloadToolCall {
  id: string;
  name: string;
  /** Usually JSON, but as the model wrote it. */
  arguments: string;
}

export interface PayloadMetrics {
  n_tokens: number | null;
  perplexity: number | null;
  mean_logprob: number | null;
  joint_logprob: number | null;
  bits_per_byte: number | null;
  min_prob: number | null;
  /**
   * Tokens that lack a log probability, so that the joint one is an upper bound; absent if it is 0.
   */
  n_missing?: number;
}

/**
 * A choice that is compared, by its text or else its refusal. `start` and `end`, in UTF-16 code
 * units of that text, enclose the first token in which the answers differ. Both are its length if
 * all answers are the same; they are equal if it ends where others continue.
 */
export interface PayloadAnswer {
  result: number;
  /** Its index in the result's choices. */
  choice: number;
  title: string;
  start: number;
  end: number;
}

export interface PayloadTree {
  result: number;
  nodes: PayloadNode[];
}

export type PayloadImageType = 'image/png' | 'image/jpeg' | 'image/gif' | 'image/webp';

export type PayloadUnit = 'word' | 'token' | 'sentence' | 'json';

export type PayloadStatus = 'censored' | 'masked' | 'positive' | 'nan' | 'missing';

export interface PayloadParts {
  content?: PayloadPart;
  refusal?: PayloadPart;
}
