import { type Retry, UnoError, type UnoErrorOptions } from './uno-error.js';

/** What PostgreSQL said of a failure. */
export interface DatabaseErrorOptions extends UnoErrorOptions {
  readonly sqlstate?: string | undefined;
  readonly schema?: string | undefined;
  readonly table?: string | undefined;
  readonly column?: string | undefined;
  readonly constraint?: string | undefined;
}

/** An error that PostgreSQL or the connection to it reported. */
export abstract class DatabaseError extends UnoError {
  readonly sqlstate: string | undefined;
  readonly schema: string | undefined;
  readonly table: string | undefined;
  readonly column: string | undefined;
  readonly constraint: string | undefined;

  constructor(message: string, retry: Retry, options: DatabaseErrorOptions = {}) {
    super(message, retry, options);
    this.sqlstate = options.sqlstate;
    this.schema = options.schema;
    this.table = options.table;
    this.column = options.column;
    this.constraint = options.constraint;
  }
}

/** A unique, foreign key, not-null, check or exclusion constraint refused a row (class 23). */
export class ConstraintError extends DatabaseError {
  readonly code = 'UNO_CONSTRAINT';
}

/** Concurrent transactions could not be ordered (40001). Run the transaction again. */
export class SerializationError extends DatabaseError {
  readonly code = 'UNO_SERIALIZATION';
}

/** This transaction was chosen to end a deadlock (40P01). Run it again. */
export class DeadlockError extends DatabaseError {
  readonly code = 'UNO_DEADLOCK';
}

/** A lock was not free, or not in time (55P03). */
export class LockTimeoutError extends DatabaseError {
  readonly code = 'UNO_LOCK_TIMEOUT';
}

/** The server ended a statement or a transaction that took too long. */
export class StatementTimeoutError extends DatabaseError {
  readonly code = 'UNO_STATEMENT_TIMEOUT';
}

/**
 * A statement was cancelled on request (57014), or a signal was aborted before something was sent. Where the request was
 * an `AbortSignal`'s, the `cause` is its reason.
 */
export class CanceledError extends DatabaseError {
  readonly code = 'UNO_CANCELED';
}

/** The server cannot be reached, refused the login, or the connection was lost. */
export class ConnectionError extends DatabaseError {
  readonly code = 'UNO_CONNECTION';
}

/** The server ran out of memory, disk space or connections (class 53), or hit a limit of its own (class 54). */
export class ResourceError extends DatabaseError {
  readonly code = 'UNO_RESOURCE';
}

/** The statement itself is refused: its SQL, the schema or the privileges have to change (class 42 and all others). */
export class StatementError extends DatabaseError {
  readonly code = 'UNO_STATEMENT';
}

/**
 * A transaction that was asked to commit was rolled back by the server instead, because one of its statements had
 * failed and that error was swallowed. Nothing of it is in the database.
 */
export class TransactionAbortedError extends DatabaseError {
  readonly code = 'UNO_TRANSACTION_ABORTED';
}

/** An operation of several statements did not end in the time that it was given. */
export class OperationTimeoutError extends UnoError {
  readonly code = 'UNO_TIMEOUT';
  /** The time that was given, in ms. */
  readonly timeoutMs: number;

  constructor(timeoutMs: number, options: UnoErrorOptions = {}) {
    super(`The operation did not end within ${timeoutMs} ms.`, 'whole-transaction', options);
    this.timeoutMs = timeoutMs;
  }
}

/** The connection was lost while COMMIT was under way: the transaction is either wholly in the database or not at all. */
export class CommitUnknownError extends DatabaseError {
  readonly code = 'UNO_COMMIT_UNKNOWN';
}
