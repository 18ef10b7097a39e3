import type { Readable, Writable } from 'node:stream';

/** Somewhere to write; a terminal says that it is one, and how wide. */
export interface OutputStream extends Writable {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** All that a command sees of the process that it runs in, so that tests can stand in for it. */
export interface Surroundings {
  /** For files that are called `-`. */
  readonly stdin: Readable;
  /** For results, and nothing else. */
  readonly stdout: OutputStream;
  /** For progress, explanations and errors. */
  readonly stderr: OutputStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted when somebody wants it to end; the reason is an {@link Interruption}. */
  readonly signal: AbortSignal;
  /** The time in ms. */
  readonly now: () => number;
}
