import { types } from 'node:util';
import {
  CanceledError,
  ConnectionError,
  ConstraintError,
  type DatabaseErrorOptions,
  DeadlockError,
  LockTimeoutError,
  ResourceError,
  SerializationError,
  StatementError,
  StatementTimeoutError,
  TransactionAbortedError,
} from './database-errors.js';
import { ValidationError } from './input-errors.js';
import { ruleOf } from './sqlstate.js';
import { sqlstateOf } from './sqlstate-of.js';
import { UnoError } from './uno-error.js';

/** The part of `pg`'s DatabaseError that is read here. */
interface ServerError {
  readonly code: string;
  readonly message: string;
  readonly severity?: string;
  readonly schema?: string;
  readonly table?: string;
  readonly column?: string;
  readonly constraint?: string;
  readonly routine?: string;
}

/**
 * Codes of the operating system, the resolver (`EAI_AGAIN`), and Node's own for sockets and TLS, which all mean that the
 * other side is not there. Node's other codes are mistakes in a program.
 */
const socketCode = /^(?!ERR_)E[A-Z0-9_]+$|^ERR_(SSL|TLS|SOCKET|STREAM)_/;

/** Failures that `pg` reports by message only. */
const lostMessages = [
  'Connection terminated',
  'Client has encountered a connection error',
  'Client was closed',
  'Query read timeout', // the client stopped waiting: the statement still runs, and the connection is busy with it
  'timeout exceeded when trying to connect',
  'The server does not support SSL connections',
  'SASL',
];

/**
 * Turns what the driver threw into an error of uno, with the original as `cause`. An error of uno passes unchanged.
 *
 * The server's own message is repeated except for class 22, where it quotes the value that was refused.
 */
export function translateError(error: unknown, operation?: string): UnoError {
  if (UnoError.is(error)) return error;
  if (isServerError(error)) return fromServer(error, operation);
  if (isLostConnection(error)) return lostBy(error, operation);
  return new StatementError(`The statement failed: ${describeError(error)}.`, 'never', { operation, cause: error });
}

/**
 * The error for what ended a connection, whatever that was: nobody knows whether what was sent has happened. What the
 * server itself said of it, such as that it is shutting down, says more.
 */
export function lostBy(error: unknown, operation?: string): UnoError {
  if (UnoError.is(error)) return error;
  if (isServerError(error)) return fromServer(error, operation);
  return new ConnectionError(`The connection to PostgreSQL failed: ${describeError(error)}.`, 'if-idempotent', {
    operation,
    cause: error,
  });
}

/** Whether one record among those sent may be at fault, rather than the statement or the server. */
export function isRecordFault(error: unknown): boolean {
  if (!UnoError.is(error)) return false;
  if (error.code === 'UNO_VALIDATION') return true;
  const sqlstate = sqlstateOf(error);
  return sqlstate !== undefined && (ruleOf(sqlstate).recordFault || isRefusedByPolicy(error.cause));
}

/**
 * Whether a row-level security policy refused a row. A missing privilege, which is no record's fault, has the same
 * SQLSTATE; the routines differ, and their names are not translated.
 */
function isRefusedByPolicy(error: unknown): boolean {
  return isServerError(error) && error.code === '42501' && error.routine === 'ExecWithCheckOptions';
}

/** Whether the connection on which this error came should be closed instead of being used again. */
export function isConnectionLost(error: unknown): boolean {
  if (!UnoError.is(error)) return false;
  const sqlstate = sqlstateOf(error);
  return sqlstate !== undefined ? ruleOf(sqlstate).fatal : error instanceof ConnectionError;
}

function fromServer(error: ServerError, operation: string | undefined): UnoError {
  hideContents(error);
  const found = ruleOf(error.code);
  const options: DatabaseErrorOptions = {
    operation,
    cause: error,
    sqlstate: error.code,
    schema: error.schema,
    table: error.table,
    column: error.column,
    constraint: error.constraint,
  };
  const message = `${error.message} (SQLSTATE ${error.code})`;
  switch (found.kind) {
    case 'validation':
      return new ValidationError(
        `PostgreSQL refused a value (SQLSTATE ${error.code}); its own words are in the cause.`,
        {
          operation,
          cause: error,
          sqlstate: error.code,
          field: error.column,
        },
      );
    case 'constraint':
      return new ConstraintError(message, found.retry, options);
    case 'serialization':
      return new SerializationError(message, found.retry, options);
    case 'deadlock':
      return new DeadlockError(message, found.retry, options);
    case 'lock-timeout':
      return new LockTimeoutError(message, found.retry, options);
    case 'statement-timeout':
      return new StatementTimeoutError(message, found.retry, options);
    case 'canceled':
      // The server uses one SQLSTATE for both and only its (translatable) message tells a timeout from a request.
      return error.message.includes('statement timeout')
        ? new StatementTimeoutError(message, found.retry, options)
        : new CanceledError(message, found.retry, options);
    case 'connection':
      return new ConnectionError(message, found.retry, options);
    case 'resource':
      return new ResourceError(message, found.retry, options);
    case 'aborted':
      return new TransactionAbortedError(message, found.retry, options);
    case 'statement':
      return new StatementError(message, isStalePlan(error) ? 'whole-transaction' : found.retry, options);
  }
}

/**
 * Whether a prepared statement no longer fits its table, which was altered. The connection keeps the statement, so only a
 * new connection is of use. PostgreSQL has no SQLSTATE of its own for it; the name of the routine is not translated.
 */
export function isStalePlan(error: unknown): boolean {
  return isServerError(error) && error.code === '0A000' && error.routine === 'RevalidateCachedQuery';
}

/**
 * PostgreSQL quotes rows and keys in these fields. They stay readable on the `cause`, for who asks; what prints or logs an
 * error with its causes shows enumerable properties only.
 */
function hideContents(error: ServerError): void {
  for (const name of ['detail', 'where', 'internalQuery']) {
    if (Object.hasOwn(error, name)) Object.defineProperty(error, name, { enumerable: false });
  }
}

/** Whether the server itself has said so, in an ErrorResponse. */
export function isServerError(error: unknown): error is ServerError {
  // `severity` is part of every ErrorResponse; Node's own errors have a `code` of five letters too ("EPIPE").
  return isError(error) && 'code' in error && /^[0-9A-Z]{5}$/.test(String(error.code)) && 'severity' in error;
}

function isLostConnection(error: unknown): boolean {
  if (!isError(error)) return false;
  if (isAggregate(error)) return error.errors.some(isLostConnection);
  if ('code' in error && socketCode.test(String(error.code))) return true;
  return lostMessages.some((text) => error.message.includes(text));
}

/** What an error of the driver or of a socket says; Node joins several into one without a message of its own. */
export function describeError(error: unknown): string {
  if (isAggregate(error)) return error.errors.map(describeError).join('; ');
  return isError(error) ? error.message : String(error);
}

/** Also of another realm: under a test runner, the errors of Node's sockets are not instances of the test's Error. */
function isError(error: unknown): error is Error {
  return types.isNativeError(error);
}

function isAggregate(error: unknown): error is AggregateError {
  return isError(error) && 'errors' in error && Array.isArray(error.errors);
}
