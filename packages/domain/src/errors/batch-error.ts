import { isRecordFault, type RetryNote, sqlstateOf, UnoError, ValidationError } from '@uno/postgres';
import type { FailedRecord } from '../ports/record-outcome.js';
import { CallbackError } from './callback-error.js';
import { IndexRanges } from './index-ranges.js';
import { RowSuppressedError, StaleEntityError } from './repository-errors.js';

/** Which record of a batch failed, why, and what was written all the same. */
export interface BatchErrorOptions {
  readonly operation: string;
  readonly entity: string;
  /** Records in the caller's input; of a stream, those taken from it. */
  readonly total: number;
  /** Position of the record at fault in the caller's input, from 0. */
  readonly index: number | undefined;
  /** The record's key as text, where it has one. */
  readonly key: string | undefined;
  /** The line of the file where it begins, from 1, where it comes from one. */
  readonly line?: number | undefined;
  readonly cause: UnoError;
  readonly written?: IndexRanges | undefined;
  readonly unknown?: IndexRanges | undefined;
  readonly failures?: readonly FailedRecord[] | undefined;
}

/**
 * A batch failed. It names the record: `index` is its position in the input, from 0; `cause` says why as a
 * {@link ConstraintError} or {@link ValidationError}. `index` is undefined when no single record is at fault, as with a
 * constraint that is checked at COMMIT, or a lost connection after some chunks were committed.
 *
 * Nothing was written, unless the batch commits chunk by chunk (`parallel`, or `atomicity: 'chunk'`): `written` says
 * which records are in the database, `unknown` which may be, because a connection was lost while they were committed.
 *
 * @example
 * ```ts
 * const rest = records.filter((_, index) => !error.written.has(index));
 * ```
 */
export class BatchError extends UnoError {
  readonly code = 'UNO_BATCH';
  readonly entity: string;
  readonly total: number;
  readonly index: number | undefined;
  readonly key: string | undefined;
  /** The line of the file where the record begins, from 1, where it comes from one. */
  readonly line: number | undefined;
  readonly sqlstate: string | undefined;
  readonly constraint: string | undefined;
  /** The column that PostgreSQL named. */
  readonly column: string | undefined;
  /** The property that was refused before anything was sent. */
  readonly field: string | undefined;
  /** Positions of the records that are done and stay so; in a transaction of the caller, if it is committed. */
  readonly written: IndexRanges;
  /** Positions of the records of which nobody knows. */
  readonly unknown: IndexRanges;
  /** Records that had been left out before, under `onRecordError: 'skip'`. */
  readonly failures: readonly FailedRecord[];
  /** Those of the cause, which is what was tried again. */
  override readonly retries: readonly RetryNote[];
  override readonly cause: UnoError;

  constructor(options: BatchErrorOptions) {
    const { operation, entity, total, index, key, line, cause } = options;
    const { written = new IndexRanges(), unknown = new IndexRanges(), failures = [] } = options;
    const what = operation === 'batchGet' ? '' : `, ${whatIsIn(operation, written, unknown)}`;
    const record =
      index === undefined
        ? 'no single record is at fault'
        : `record ${index}${line === undefined ? '' : `, line ${line}`}${key === undefined ? '' : ` (key ${key})`}`;
    super(
      `${operation} of ${total} ${entity} failed${what}: ${record}. ${cause.message}`,
      written.size + unknown.size > 0 && cause.retry !== 'never' ? 'if-idempotent' : cause.retry,
      { operation, cause },
    );
    this.entity = entity;
    this.total = total;
    this.index = index;
    this.key = key;
    this.line = line;
    this.cause = cause;
    this.sqlstate = sqlstateOf(cause);
    this.constraint = textOf(cause, 'constraint');
    this.column = textOf(cause, 'column');
    this.field = cause instanceof ValidationError ? cause.field : undefined;
    this.written = written;
    this.unknown = unknown;
    this.failures = failures;
    this.retries = cause.retries;
  }
}

function whatIsIn(operation: string, written: IndexRanges, unknown: IndexRanges): string {
  // What a chunk function does is not for us to say.
  const done = operation === 'process' ? 'done' : 'written';
  const maybe = unknown.size === 0 ? '' : `, and of ${unknown.size} nobody knows (${unknown})`;
  return written.size === 0 ? `nothing was ${done}${maybe}` : `${written.size} are ${done} (${written})${maybe}`;
}

/** Whether a record of a batch is at fault, rather than the statement, the server or the caller's other functions. */
export function blamesRecord(error: unknown): error is UnoError {
  if (!UnoError.is(error) || error instanceof BatchError) return false;
  if (error instanceof CallbackError) return error.callback === 'preProcess' || error.callback === 'compute';
  return isRecordFault(error) || error instanceof RowSuppressedError || error instanceof StaleEntityError;
}

/**
 * What a batch throws for a failure: a {@link BatchError} where a record is at fault, else the error itself, since
 * neither a lost connection nor a wrong table name is any record's doing.
 */
export function asBatchError(error: unknown, about: Omit<BatchErrorOptions, 'cause'>): unknown {
  return blamesRecord(error) ? new BatchError({ ...about, cause: error }) : error;
}

function textOf(error: UnoError, property: 'constraint' | 'column'): string | undefined {
  const value: unknown = property in error ? Reflect.get(error, property) : undefined;
  return typeof value === 'string' ? value : undefined;
}
