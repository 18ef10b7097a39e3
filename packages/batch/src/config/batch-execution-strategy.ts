/** How the records of one call are sent. */
export const BatchExecutionStrategy = Object.freeze({
  /** One statement for all records (one for each set of columns among them). */
  SINGLE_QUERY: 'single_query',
  /** Statements of `batchSize` records, one after the other, in one transaction. */
  CHUNKED: 'chunked',
  /** Chunks side by side, each committed on a connection of its own. */
  PARALLEL: 'parallel',
  /** As `chunked`, while the next chunks are already read and encoded, and the last ones post-processed. */
  PIPELINED: 'pipelined',
  /** As `single_query`; when that is too much at once, all over again as `chunked`. */
  OPTIMISTIC: 'optimistic',
});

export type BatchExecutionStrategy = (typeof BatchExecutionStrategy)[keyof typeof BatchExecutionStrategy];
