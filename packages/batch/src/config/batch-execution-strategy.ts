/** How the records of one call are sent. */
export const BatchExecutionStrategy = Object.freeze({
  /** One statement for all records (one for each set of columns among them). */
  SINGLE_QUERY: 'single_query',
  /** Statements of `batchSize` records, one after the other, in one transaction. */
  CHUNKED: 'chunked',
  PARALLEL: 'parallel',
  PIPELINED: 'pipelined',
  OPTIMISTIC: 'optimistic',
});

export type BatchExecutionStrategy = (typeof BatchExecutionStrategy)[keyof typeof BatchExecutionStrategy];

/** The strategies that this version runs. */
export const availableStrategies: readonly BatchExecutionStrategy[] = Object.freeze([
  BatchExecutionStrategy.SINGLE_QUERY,
  BatchExecutionStrategy.CHUNKED,
]);
