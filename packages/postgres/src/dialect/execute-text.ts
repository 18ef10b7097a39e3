import { createHash } from 'node:crypto';
import { CompiledQuery, type RawBuilder } from 'kysely';
import { type Queryable, requireUnoDialect } from './queryable.js';
import type { TextQuery } from './text-query.js';
import { inTurn } from './transactions.js';

/** A statement whose SQL text never changes; only its parameters do. */
export interface TextStatement {
  readonly sql: string;
  /** Set for statements that are prepared once for each connection. */
  readonly name?: string | undefined;
}

/** The rows of a text statement: one array a row, in the order of the select list. */
export interface TextResult {
  readonly rows: readonly (readonly (string | null)[])[];
  /** Rows inserted, updated or deleted; 0 for a query. */
  readonly affected: number;
}

/** A statement that is prepared under a name made of its text, so that equal texts share one plan on a connection. */
export function preparedStatement(sql: string): TextStatement {
  return { sql, name: `uno_${createHash('sha1').update(sql).digest('base64url')}` };
}

/**
 * Runs a statement with parameters in text format and gives the rows as PostgreSQL wrote them, past every type parser
 * and every Kysely plugin.
 *
 * @throws ConfigError when the Kysely instance does not use {@link UnoPostgresDialect}
 * @throws UnoError for whatever PostgreSQL refuses
 */
export function executeText(
  db: Queryable,
  statement: TextStatement,
  parameters: readonly unknown[] = [],
): Promise<TextResult> {
  return execute(db, CompiledQuery.raw(statement.sql, [...parameters]), statement.name);
}

/** Runs SQL made with Kysely's `sql` tag and gives the rows as PostgreSQL wrote them; see {@link executeText}. */
export function executeTextSql(db: Queryable, query: RawBuilder<unknown>): Promise<TextResult> {
  return execute(db, query.compile(db), undefined);
}

async function execute(db: Queryable, compiled: CompiledQuery, statementName: string | undefined): Promise<TextResult> {
  requireUnoDialect(db);
  const query: TextQuery = { ...compiled, textRows: true, statementName };
  const executor = db.getExecutor().withoutPlugins();
  const result = await inTurn(db, () => executor.executeQuery<readonly (string | null)[]>(query));
  return { rows: result.rows, affected: Number(result.numAffectedRows ?? 0n) };
}
