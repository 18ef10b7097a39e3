import { isRecordFault, UnoError, ValidationError } from '@uno/postgres';
import { RowSuppressedError } from './repository-errors.js';

/** Which record of a batch failed, and why. */
export interface BatchErrorOptions {
  readonly operation: string;
  readonly entity: string;
  /** Records in the caller's input. */
  readonly total: number;
  /** Position of the record at fault in the caller's input, from 0. */
  readonly index: number | undefined;
  /** The record's key as text, where it has one. */
  readonly key: string | undefined;
  readonly cause: UnoError;
}

/**
 * A record made a batch fail, and nothing of the batch was written. It names the record: `index` is its position in the
 * input, from 0; `cause` says why as a {@link ConstraintError} or {@link ValidationError}.
 *
 * `index` is undefined only when no single record is at fault, as with a constraint that is checked at COMMIT.
 */
export class BatchError extends UnoError {
  readonly code = 'UNO_BATCH';
  readonly entity: string;
  readonly total: number;
  readonly index: number | undefined;
  readonly key: string | undefined;
  readonly sqlstate: string | undefined;
  readonly constraint: string | undefined;
  /** The column that PostgreSQL named. */
  readonly column: string | undefined;
  /** The property that was refused before anything was sent. */
  readonly field: string | undefined;
  override readonly cause: UnoError;

  constructor(options: BatchErrorOptions) {
    const { operation, entity, total, index, key, cause } = options;
    const record =
      index === undefined
        ? 'no single record is at fault'
        : `record ${index}${key === undefined ? '' : ` (key ${key})`}`;
    super(`${operation} of ${total} ${entity} failed, nothing was written: ${record}. ${cause.message}`, cause.retry, {
      operation,
      cause,
    });
    this.entity = entity;
    this.total = total;
    this.index = index;
    this.key = key;
    this.cause = cause;
    this.sqlstate = textOf(cause, 'sqlstate');
    this.constraint = textOf(cause, 'constraint');
    this.column = textOf(cause, 'column');
    this.field = cause instanceof ValidationError ? cause.field : undefined;
  }
}

/**
 * What a batch throws for a failure: a {@link BatchError} where a record is at fault, else the error itself, since
 * neither a lost connection nor a wrong table name is any record's doing.
 */
export function asBatchError(error: unknown, about: Omit<BatchErrorOptions, 'cause'>): unknown {
  if (!UnoError.is(error) || error instanceof BatchError) return error;
  return isRecordFault(error) || error instanceof RowSuppressedError
    ? new BatchError({ ...about, cause: error })
    : error;
}

function textOf(error: UnoError, property: 'sqlstate' | 'constraint' | 'column'): string | undefined {
  const value: unknown = property in error ? Reflect.get(error, property) : undefined;
  return typeof value === 'string' ? value : undefined;
}
