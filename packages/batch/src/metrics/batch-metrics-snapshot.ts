import type { SizeReason } from '../tuning/climber.js';
import type { Distribution } from './distribution.js';

/** One of the last errors. It holds no contents of a record but its key. */
export interface ErrorSummary {
  /** When it was told, as an ISO 8601 text. */
  readonly at: string;
  readonly operation: string;
  /** The position of the record at fault in the caller's input, from 0; absent where no single one is. */
  readonly index?: number;
  /** Its key as text, where it has one. */
  readonly key?: string;
  /** Such as `UNO_CONSTRAINT`; the name of an error that has no code. */
  readonly code: string;
  readonly sqlstate?: string;
  /** Absent for errors that are not uno's, as their messages may hold the contents of records. */
  readonly message?: string;
}

/**
 * What the calls of one operation, or all, have done. Records and time of a call count when it ends, everything else
 * when it happens.
 */
export interface OperationMetrics {
  /** Calls that have ended. */
  readonly calls: number;
  /** Those among them that failed as a whole. */
  readonly callsFailed: number;
  /** Records that were taken from the sources. */
  readonly recordsTotal: number;
  /** `recordsSuccessful + recordsFailed + recordsSkipped` */
  readonly recordsProcessed: number;
  readonly recordsSuccessful: number;
  readonly recordsFailed: number;
  readonly recordsSkipped: number;
  /** Milliseconds that the calls took, added up; calls may have run side by side. */
  readonly elapsedMs: number;
  /** `recordsProcessed` a second of `elapsedMs`; 0 when there is nothing. */
  readonly recordsPerSecond: number;
  /** Bytes of parameters. */
  readonly bytesSent: number;
  readonly statements: number;
  readonly chunks: number;
  /** Records in a chunk. */
  readonly chunkSize: Distribution;
  /** Records in a chunk that `optimizeForSize` chose last; `null` where it has not chosen another than the first size. */
  readonly chunkSizeChosen: number | null;
  /** How often it chose another, by why: `larger pays`, `smaller costs nothing`, `took too long`, and so on. */
  readonly resizesByReason: Readonly<Partial<Record<SizeReason, number>>>;
  /** Milliseconds that a chunk took. */
  readonly chunkDurationMs: Distribution;
  readonly retries: number;
  /** `retries` by the SQLSTATE that was the reason, or the error's code where it has none. */
  readonly retriesBySqlstate: Readonly<Record<string, number>>;
  /** How many times the set-based way broke. */
  readonly fallbacks: number;
  /** Records that were done one by one on account of that. */
  readonly recordsIndividually: number;
  /** Records that failed under `onRecordError: 'skip'`, and calls that failed: the last 20, oldest first. */
  readonly errors: readonly ErrorSummary[];
  /** How many there were. */
  readonly errorsTotal: number;
  /** `recordsSuccessful / recordsProcessed`, from 0 to 1; 1 when there is nothing. */
  readonly successRate: number;
}

/** What batch operations have done: a frozen plain object that `JSON.stringify` takes. */
export interface BatchMetricsSnapshot {
  readonly total: OperationMetrics;
  /** By operation, such as `batchInsert`. */
  readonly operations: Readonly<Record<string, OperationMetrics>>;
}
