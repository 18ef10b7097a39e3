import { CompiledQuery } from 'kysely';
import { ConfigError } from '../errors/input-errors.js';
import { CopyFromStdin } from './copy-from-stdin.js';
import type { CopyQuery } from './copy-query.js';
import { type CopySource, requireSource } from './copy-source.js';
import { executeInTurn } from './execute-text.js';
import { identifier } from './identifier.js';
import { type Queryable, requireUnoDialect } from './queryable.js';
import type { ExecuteOptions } from './text-statement.js';

/** Where a COPY puts its rows; names are not quoted here. */
export interface CopyStatement {
  /** The table, after its schema where one is named: `['city']`, `['geo', 'city']`. */
  readonly table: readonly string[];
  /** The columns, in the order of the fields of each line. */
  readonly columns: readonly string[];
  /** What the data are in; text if not said. */
  readonly format?: 'text' | 'binary' | undefined;
}

/**
 * Runs `COPY table (columns) FROM STDIN` with data in text format (see {@link copyLine}) on the connection that Kysely's
 * queries on the same object use: in its transaction, if it is one, after all that began there before.
 *
 * The data is one string or `Uint8Array`, which is the cheapest, or a synchronous or asynchronous iterable of them (a
 * Node stream, too), read no faster than the server takes it and holding about 64 kB at a time. Lines and characters may
 * be cut anywhere. Bytes must not be changed before it is over. An iterable must not wait for anything on the same
 * transaction, which is busy with this. When it is left early its `return` is called and not waited for.
 *
 * Costs one statement. It stores all rows or none.
 *
 * @param options - `signal` also ends the wait for an iterable that hangs; `onSent` is told the bytes of statement and data
 * @returns `affected`: the rows stored; those that a trigger dropped are not among them
 * @throws ConfigError when the Kysely instance does not use {@link UnoPostgresDialect}, or the pool is one of `pg-native`;
 *   for no table or columns; for what is no data. Nothing is stored.
 * @throws what the iterable throws: nothing is stored, and the connection can be used; a transaction has to be rolled back,
 *   or back to a savepoint, as after any statement that failed
 * @throws CanceledError when the signal was aborted and nothing is stored
 * @throws ConnectionError with retry `whole-transaction` when the connection was lost before all was sent: nothing is
 *   stored; with `if-idempotent` when it was lost afterwards and, being in no transaction, the rows may be stored
 * @throws UnoError for whatever PostgreSQL refuses
 * @example
 * ```ts
 * const into = { table: ['geo', 'city'], columns: ['id', 'name'] };
 * const { affected } = await copyIn(db, into, '7\tOslo\n8\t\\N\n', { signal: AbortSignal.timeout(500) });
 * ```
 */
export async function copyIn(
  db: Queryable,
  statement: CopyStatement,
  data: CopySource,
  { signal, onSent }: ExecuteOptions = {},
): Promise<{ affected: number }> {
  requireUnoDialect(db);
  requireSource(data);
  const sql = copySql(statement);
  const guard = signal === undefined ? undefined : { signal };
  const query: CopyQuery = { ...CompiledQuery.raw(sql), copy: new CopyFromStdin(sql, data, signal), guard, onSent };
  const { numAffectedRows } = await executeInTurn(db, query, signal);
  return { affected: Number(numAffectedRows ?? 0n) };
}

/**
 * The text of the statement that {@link copyIn} sends.
 *
 * @throws ConfigError for no table or columns
 * @example
 * ```ts
 * copySql({ table: ['city'], columns: ['id'] }); // copy "city" ("id") from stdin
 * ```
 */
export function copySql({ table, columns, format }: CopyStatement): string {
  if (table.length === 0 || columns.length === 0) {
    throw new ConfigError('A COPY needs the name of a table and of one column at least.');
  }
  return `copy ${table.map(identifier).join('.')} (${columns.map(identifier).join(', ')}) from stdin${format === 'binary' ? ' (format binary)' : ''}`;
}
