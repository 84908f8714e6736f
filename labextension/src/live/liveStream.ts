/** Answers that stream: whole states from outputs, and what was added, from beside the document. */

/** Plain text; or the bin, the text and the tooltip of a token that the model was unsure of. */
export type Piece = string | [bin: number, text: string, title: string];

export interface LiveAnswer {
  /** What it is an answer of; null for the only one. */
  title: string | null;
  state: string;
  pieces: Piece[];
}

/** A grid whose runs stand in rows and columns. */
export interface LiveMatrix {
  corner: string;
  columns: string[];
  rows: string[];
  /** How many answers each run has. */
  answers: number[];
}

/** The whole state of an answer or a grid. */
export interface LiveState {
  stream: string;
  seq: number;
  title: string;
  facts: string[];
  /** How many runs are done; null for a single request. */
  done: number | null;
  runs: number;
  rounds: string[];
  matrix: LiveMatrix | null;
  answers: LiveAnswer[];
}

/** What was added: for some answers, the new state if it has changed, and the new pieces. */
export interface LiveParts {
  /** Absent while those told last do. */
  facts?: string[];
  /** Absent if it is the same. */
  done?: number | null;
  answers: [index: number, state: string | null, pieces: Piece[]][];
}

export interface LiveMessage {
  stream: string;
  seq: number;
  /** Null where nothing more is added. */
  parts: LiveParts | null;
}

/** What paints an answer. */
export interface Painter {
  /** The number of the last message that is painted. */
  readonly seq: number;
  add: (message: LiveMessage) => void;
}

/** The most streams whose messages are kept for painters that are still to come. */
const MOST_STREAMS = 500;

/** Passes on what is added, in order; what a painter cannot use yet waits for the whole state. */
export class LiveStreams {
  take(message: LiveMessage): void {
    const { stream, seq, parts } = message;
    if (parts === null) {
      this.kept.delete(stream);
      return;
    }
    const messages = this.kept.get(stream) ?? [];
    if (seq <= (messages.at(-1)?.seq ?? 0)) {
      return; // another connection to the same kernel has it too
    }
    messages.push(message);
    this.kept.set(stream, messages);
    if (this.kept.size > MOST_STREAMS) {
      this.kept.delete(this.kept.keys().next().value ?? '');
    }
    this.painters.get(stream)?.forEach(painter => this.pass(message, painter));
  }

  /** Paint what has been added since a painter's state, and what will be. */
  follow(stream: string, painter: Painter): void {
    const painters = this.painters.get(stream) ?? new Set();
    this.painters.set(stream, painters.add(painter));
    this.kept.get(stream)?.forEach(message => this.pass(message, painter));
  }

  leave(stream: string, painter: Painter): void {
    const painters = this.painters.get(stream);
    painters?.delete(painter);
    if (!painters?.size) {
      this.painters.delete(stream);
    }
  }

  /** Forget the messages that a whole state has. */
  forget(stream: string, seq: number): void {
    const messages = this.kept.get(stream);
    messages?.splice(0, messages.filter(message => message.seq <= seq).length);
  }

  private pass(message: LiveMessage, painter: Painter): void {
    if (message.seq === painter.seq + 1) {
      painter.add(message);
    }
  }

  /** By stream, the messages since its last whole state. */
  private readonly kept = new Map<string, LiveMessage[]>();
  private readonly painters = new Map<string, Set<Painter>>();
}

/** Those of this page: the plugin that listens and the renderer that paints share them. */
export const liveStreams = new LiveStreams();

/** Read a message from beside the document; null if it is none. */
export function readMessage(data: unknown): LiveMessage | null {
  const { stream, seq, parts } = (data ?? {}) as Partial<LiveMessage>;
  const isOurs = typeof stream === 'string' && typeof seq === 'number' && parts !== undefined;
  return isOurs ? { stream, seq, parts } : null;
}

/** Read the whole state of an output; null if it is none. */
export function readState(data: unknown): LiveState | null {
  const state = (data ?? {}) as Partial<LiveState>;
  const isOurs =
    typeof state.stream === 'string' &&
    typeof state.seq === 'number' &&
    Array.isArray(state.answers) &&
    Array.isArray(state.facts) &&
    Array.isArray(state.rounds);
  return isOurs ? (state as LiveState) : null;
}
