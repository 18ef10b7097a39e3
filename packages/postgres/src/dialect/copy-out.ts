import { CompiledQuery } from 'kysely';
import { ConfigError } from '../errors/input-errors.js';
import type { CopyQuery } from './copy-query.js';
import { CopyToStdout, type TakePiece } from './copy-to-stdout.js';
import { executeInTurn } from './execute-text.js';
import { type Queryable, requireUnoDialect } from './queryable.js';
import type { ExecuteOptions } from './text-statement.js';

/** What a COPY reads, and what it makes of that. */
export interface CopyOutStatement {
  /** The query whose rows are wanted: one statement, without parameters, of which COPY takes none. */
  readonly query: string;
  /** `text` if not said. */
  readonly format?: 'text' | 'csv' | 'binary' | undefined;
  /** Whether a line with the names of the columns comes first; not in binary. */
  readonly header?: boolean | undefined;
  /** The one character between fields; of CSV also the one around those that need it. */
  readonly delimiter?: string | undefined;
  readonly quote?: string | undefined;
}

/**
 * Runs `COPY (query) TO STDOUT` on the connection that Kysely's queries on the same object use, and gives what the server
 * sends to `take`, piece by piece, in order: PostgreSQL's fastest way to read rows.
 *
 * A piece is up to 64 kB, or one row if that is longer, and may end anywhere; it is the receiver's to keep. As long as a
 * promise that `take` gave is not settled, nothing more is read from the connection, so that the server waits, and about
 * 200 kB are held. What `take` throws ends the COPY: the server is asked to cancel it, and the error is thrown on.
 *
 * Costs one statement. The query is the program's own text: nothing in it is quoted. It cannot be more than one statement.
 *
 * @param options - `signal` cancels it on the server, also while `take` is waited for
 * @returns `rows`, of which there are as many as the server has sent
 * @throws ConfigError when the Kysely instance does not use {@link UnoPostgresDialect}, or the pool is one of `pg-native`
 * @throws what `take` throws; a transaction has to be rolled back then, as after any statement that failed
 * @throws CanceledError when the signal was aborted
 * @throws UnoError for whatever PostgreSQL refuses; a part of the rows may have been given to `take` before
 * @example
 * ```ts
 * const query = 'select id, name from city order by id';
 * const { rows } = await copyOut(db, { query, format: 'csv', header: true }, (piece) => file.writeFile(piece));
 * ```
 */
export async function copyOut(
  db: Queryable,
  statement: CopyOutStatement,
  take: TakePiece,
  { signal, onSent }: ExecuteOptions = {},
): Promise<{ rows: number }> {
  requireUnoDialect(db);
  const sql = copyOutSql(statement);
  const refused = new AbortController();
  const either = signal === undefined ? refused.signal : AbortSignal.any([signal, refused.signal]);
  const copy = new CopyToStdout(sql, take, either, (reason) => refused.abort(reason));
  const query: CopyQuery = { ...CompiledQuery.raw(sql), copy, guard: { signal: either }, onSent };
  const { numAffectedRows } = await executeInTurn(db, query, either);
  copy.throwRefusal();
  return { rows: Number(numAffectedRows ?? 0n) };
}

/**
 * The text of the statement that {@link copyOut} sends.
 *
 * @throws ConfigError for a query without text, or a sign that is not one character
 */
function copyOutSql({ query, format = 'text', header, delimiter, quote }: CopyOutStatement): string {
  if (query.trim() === '') throw new ConfigError('A COPY needs a query.');
  const options = [`format ${format}`];
  if (header) options.push('header');
  if (delimiter !== undefined) options.push(`delimiter ${sign('delimiter', delimiter)}`);
  if (quote !== undefined) options.push(`quote ${sign('quote', quote)}`);
  // On a line of its own, as the query may end in a comment.
  return `copy (${query}\n) to stdout (${options.join(', ')})`;
}

function sign(what: string, text: string): string {
  if (text.length !== 1 || text === '\0') throw new ConfigError(`The ${what} of a COPY is one character.`);
  return text === "'" ? "''''" : `'${text}'`;
}
