export type { CopyPiece } from './dialect/copy-data.js';
export { type CopyStatement, copyIn, copySql } from './dialect/copy-in.js';
export { type CopyOutStatement, copyOut } from './dialect/copy-out.js';
export type { CopySource } from './dialect/copy-source.js';
export type { TakePiece } from './dialect/copy-to-stdout.js';
export { executeText, executeTextSql, preparedStatement } from './dialect/execute-text.js';
export { canFly, executeTogether } from './dialect/execute-together.js';
export { failedRequest } from './dialect/failed-request.js';
export type { ResultColumn, TogetherResult } from './dialect/flight.js';
export { identifier } from './dialect/identifier.js';
export { MovingSavepoint, type SentAhead } from './dialect/moving-savepoint.js';
export { objectsOf } from './dialect/objects-of.js';
export type { PgPool } from './dialect/pool-port.js';
export { type PoolUse, poolUse } from './dialect/pool-use.js';
export { type Queryable, requireUnoDialect } from './dialect/queryable.js';
export { type CursorChunk, type CursorOptions, readByCursor } from './dialect/read-by-cursor.js';
export type { ExecuteOptions, TextResult, TextStatement } from './dialect/text-statement.js';
export type { TogetherRequest } from './dialect/together-query.js';
export type { TransactionOutcome, TransactionScope } from './dialect/transaction-scope.js';
export { type AtomicOptions, asUncommitted, atomically, isTransactionLost, scopeOf } from './dialect/transactions.js';
export { UnoPostgresDialect } from './dialect/uno-postgres-dialect.js';
export {
  CanceledError,
  CommitUnknownError,
  ConnectionError,
  ConstraintError,
  DatabaseError,
  type DatabaseErrorOptions,
  DeadlockError,
  LockTimeoutError,
  OperationTimeoutError,
  ResourceError,
  SerializationError,
  StatementError,
  StatementTimeoutError,
  TransactionAbortedError,
} from './errors/database-errors.js';
export { ConfigError, ValidationError, type ValidationErrorOptions } from './errors/input-errors.js';
export { noteRetries } from './errors/note-retries.js';
export { sqlstateOf } from './errors/sqlstate-of.js';
export { isRecordFault } from './errors/translate.js';
export { type Retry, type RetryNote, UnoError, type UnoErrorOptions } from './errors/uno-error.js';
export { arrayLiteral, arrayOf } from './types/arrays.js';
export { BinaryArray } from './types/binary-array.js';
export { BinaryValues } from './types/binary-values.js';
export { copyField, copyLine } from './types/copy-text.js';
export { bytea, type Json, JsonNull, json, jsonb, jsonNull } from './types/documents.js';
export {
  bigintAsNumber,
  bigintExact,
  boolean,
  double,
  integer,
  numeric,
  real,
  smallint,
  wholeNumeric,
} from './types/numbers.js';
export { type BinaryForm, type Enumeration, InvalidValue, kindOf, type PgType } from './types/pg-type.js';
export { parseRecordText } from './types/record-text.js';
export { char, enumeration, looseText, text, textForm, textOf, textOid, uuid, varchar } from './types/strings.js';
export { date, time, timestamp, timestamptzDate, timestamptzText } from './types/times.js';
export { type WireParameter, WireParameters } from './types/wire-parameters.js';
