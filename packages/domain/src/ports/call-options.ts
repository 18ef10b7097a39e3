import type { SizeTuning } from './size-tuning.js';

/** How far a call has come. */
export interface BatchProgress {
  /** Such as `batchInsert`. */
  readonly operation: string;
  /** The name of the entity, or of the processor. */
  readonly name: string;
  /** Records that are done, whatever became of them. Under `atomicity: 'all'` they are not yet committed. */
  readonly processed: number;
  /** Records in the source; `undefined` while an iterable or a stream has not come to its end. */
  readonly total: number | undefined;
  readonly failed: number;
  readonly skipped: number;
  /** Records that were done one by one, because the set-based way broke on them. */
  readonly individually: number;
  /** Milliseconds since the call began. */
  readonly elapsedMs: number;
  /** Records a second since the call began. */
  readonly recordsPerSecond: number;
  /** Milliseconds that the rest takes at this rate; `undefined` where the total is not known. */
  readonly remainingMs: number | undefined;
}

/** How the records of one call are cut and sent, and when it gives up. */
export interface BatchCallOptions {
  /** Records in one statement; a positive integer. */
  readonly batchSize?: number | undefined;
  /**
   * Finds the number of records in a chunk out, instead of `batchSize`: begins with what their width and number of columns
   * suggest, and goes on by the measured time. `true`, or its bounds. Default `false`.
   */
  readonly optimizeForSize?: boolean | SizeTuning | undefined;
  readonly strategy?: 'single_query' | 'chunked' | 'parallel' | 'pipelined' | 'optimistic' | undefined;
  /** `true` is `strategy: 'parallel'`; `false` is `chunked` where `parallel` is configured. */
  readonly parallel?: boolean | undefined;
  /** Milliseconds after which the call is cancelled on the server and fails with an OperationTimeoutError. */
  readonly timeoutMs?: number | undefined;
  /** Cancels the call on the server; it fails with a CanceledError then. */
  readonly signal?: AbortSignal | undefined;
  /** Called after every chunk. What it throws fails the call. */
  readonly onProgress?: ((progress: BatchProgress) => void) | undefined;
}

/** The same for writes. */
export interface BatchWriteOptions extends BatchCallOptions {
  /**
   * `all` (the default but for `parallel`): one transaction, everything or nothing. `chunk`: every chunk is committed by
   * itself, and an error says which records are in. In a transaction of the caller, chunks are savepoints.
   */
  readonly atomicity?: 'all' | 'chunk' | undefined;
  /** `abort` (the default): the first record that fails ends the call. `skip`: it is left out, and the others are written. */
  readonly onRecordError?: 'abort' | 'skip' | undefined;
  /** How many records may fail under `skip`, from 0, before the call is given up; any number if not said. */
  readonly maxFailures?: number | undefined;
}
