/**
 * Something that could be done better, as was measured.
 *
 * @typeParam C - what it is about
 * @typeParam E - the numbers that it rests on
 * @typeParam T - what to change
 */
export interface Advice<C extends string, E, T> {
  readonly code: C;
  /** The table, with its schema before a dot where the mapping names one. */
  readonly table: string;
  /** The operation whose calls were measured, such as `batchInsert`, where it is about one. */
  readonly operation?: string;
  /** What was found and what to do about it, for people. */
  readonly message: string;
  readonly evidence: E;
  readonly change: T;
  /** Milliseconds of the measured calls that the change concerns: at most so many would have been saved. */
  readonly savesMs: number;
}

/** An option to give another value. */
export interface OptionChange<N extends string, T> {
  readonly option: N;
  readonly from: T;
  readonly to: T;
}

/** A statement for whoever looks after the database; uno never runs it. */
export interface SqlChange {
  readonly sql: string;
  /** What takes it back. */
  readonly undo?: string;
}

/** Milliseconds as people read them. */
export function shownMs(milliseconds: number): string {
  return milliseconds >= 10_000 ? `${Math.round(milliseconds / 1000)} s` : `${Number(milliseconds.toPrecision(2))} ms`;
}

/** A share from 0 to 1 as people read it. */
export function shownShare(share: number): string {
  return `${Math.round(100 * share)} %`;
}
