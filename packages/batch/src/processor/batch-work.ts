/** What a chunk function is told besides its records. */
export interface ChunkContext {
  /** The position in the source of the first record, from 0. */
  readonly firstIndex: number;
  /** Aborted when the call is cancelled or out of time: stop then. */
  readonly signal: AbortSignal;
}

/**
 * Does some records, wholly or not at all: when it throws, none of them may count as done, since they may be given to it
 * again. It gives nothing, or one result for each record, in their order.
 */
export type ChunkFunction<I, R> = (
  records: readonly I[],
  context: ChunkContext,
  // biome-ignore lint/suspicious/noConfusingVoidType: a function that returns nothing has to fit
) => PromiseLike<readonly R[] | void> | readonly R[] | void;

/** What a {@link BatchProcessor} does with records. */
export interface BatchWork<I, R> {
  readonly execute: ChunkFunction<I, R>;
  /** Called with every result when its chunk is done. What it throws fails the call. */
  readonly postProcess?: ((result: R, index: number) => void | PromiseLike<void>) | undefined;
  /** A text that names a record in errors. Under `parallel`, records with the same text are never done side by side. */
  readonly keyOf?: ((record: I) => string) | undefined;
  /** Whether what the function threw may pass, so that the chunk is tried again. Errors of uno say so themselves. */
  readonly isTransient?: ((error: unknown) => boolean) | undefined;
}

/** The same, for records that are made of those of the source. */
export interface PreparedBatchWork<T, I, R> extends BatchWork<I, R> {
  /** Gives the record to work on, or `null` to leave it out, which counts as skipped. What it throws is its failure. */
  readonly preProcess: (record: T, index: number) => I | null | PromiseLike<I | null>;
}
