import { BatchOperationsPort } from '@uno/batch';
import { type AnyMapping, createTables, UnoContext, type WriteObserver } from '@uno/domain';
import { UnoPostgresDialect } from '@uno/postgres';
import { createTestDatabase } from '@uno/testing';
import { Kysely, sql } from 'kysely';
import pg from 'pg';
import { recordStatements } from './record-statements.js';

/** A database of its own with the tables of some mappings, and what was sent to it. */
export interface TestContext {
  readonly db: Kysely<unknown>;
  /** The SQL of every statement since the last `forget`. */
  readonly statements: string[];
  context(options?: { readonly batch?: boolean; readonly observers?: readonly WriteObserver[] }): UnoContext;
  /** Makes statements that are no query of uno. */
  run(statement: string): Promise<void>;
  close(): Promise<void>;
}

export async function openTestContext(mappings: readonly AnyMapping[]): Promise<TestContext> {
  const database = await createTestDatabase();
  const pool = new pg.Pool({ connectionString: database.connectionString, max: 4 });
  pool.on('error', () => undefined);
  const statements = recordStatements(pool);
  const db = new Kysely<unknown>({ dialect: new UnoPostgresDialect({ pool }) });
  await createTables(db, mappings);
  return {
    db,
    statements,
    context: ({ batch = true, observers = [] } = {}) =>
      new UnoContext({ db, observers, batch: batch ? new BatchOperationsPort() : undefined }),
    run: async (statement) => {
      await sql.raw(statement).execute(db);
    },
    close: async () => {
      await db.destroy();
      await database.drop();
    },
  };
}
