import { createHash } from 'node:crypto';
import { CompiledQuery, type QueryExecutor, type QueryResult, type RawBuilder } from 'kysely';
import { giveUpWaiting } from './give-up-waiting.js';
import { type Queryable, requireUnoDialect } from './queryable.js';
import type { TextQuery } from './text-query.js';
import type { ExecuteOptions, TextResult, TextStatement } from './text-statement.js';
import { inTurn } from './transactions.js';

/** A statement that is prepared under a name made of its text, so that equal texts share one plan on a connection. */
export function preparedStatement(sql: string): TextStatement {
  return { sql, name: `uno_${createHash('sha1').update(sql).digest('base64url')}` };
}

/**
 * Runs a statement with parameters in text format and gives the rows as PostgreSQL wrote them, past every type parser
 * and every Kysely plugin.
 *
 * @throws ConfigError when the Kysely instance does not use {@link UnoPostgresDialect}
 * @throws CanceledError when the signal was aborted and the statement was not sent or did not succeed; a statement that
 *   succeeded nevertheless gives its result
 * @throws ConnectionError when the signal was aborted, the server could not be made to answer, and the statement, being
 *   in no transaction, may have happened
 * @throws UnoError for whatever PostgreSQL refuses
 * @example
 * ```ts
 * const { rows } = await executeText(db, { sql: 'select name from city where id = $1' }, ['7'], {
 *   signal: AbortSignal.timeout(500),
 * });
 * ```
 */
export function executeText(
  db: Queryable,
  statement: TextStatement,
  parameters: readonly unknown[] = [],
  options: ExecuteOptions = {},
): Promise<TextResult> {
  return execute(db, CompiledQuery.raw(statement.sql, [...parameters]), statement.name, options);
}

/** Runs SQL made with Kysely's `sql` tag and gives the rows as PostgreSQL wrote them; see {@link executeText}. */
export function executeTextSql(
  db: Queryable,
  query: RawBuilder<unknown>,
  options: ExecuteOptions = {},
): Promise<TextResult> {
  return execute(db, query.compile(db), undefined, options);
}

async function execute(
  db: Queryable,
  compiled: CompiledQuery,
  statementName: string | undefined,
  { signal, onSent }: ExecuteOptions,
): Promise<TextResult> {
  requireUnoDialect(db);
  const guard = signal === undefined ? undefined : { signal };
  const query: TextQuery = { ...compiled, textRows: true, statementName, guard, onSent };
  const result = await executeInTurn<readonly (string | null)[]>(db, query, signal);
  return {
    rows: result.rows,
    affected: Number(result.numAffectedRows ?? 0n),
  };
}

/** Runs a query past all plugins, in a transaction when it is its turn; an aborted signal ends the wait before that. */
export function executeInTurn<R>(
  db: Queryable,
  query: CompiledQuery,
  signal: AbortSignal | undefined,
): Promise<QueryResult<R>> {
  const executor = db.getExecutor().withoutPlugins();
  return giveUpWaiting(signal, (begin) => inTurn(db, () => beginningOn(executor, begin).executeQuery<R>(query)));
}

/** The executor, which calls `begin` when it has got its connection and before anything is sent on it. */
function beginningOn(executor: QueryExecutor, begin: () => void): QueryExecutor {
  return executor.withConnectionProvider({
    provideConnection: (consumer) =>
      executor.provideConnection(async (connection) => {
        begin();
        return consumer(connection);
      }),
  });
}
