import { CompiledQuery } from 'kysely';
import { ConfigError } from '../errors/input-errors.js';
import type { Queryable } from './queryable.js';
import type { TransactionScope } from './transaction-scope.js';
import { UnoConnection } from './uno-connection.js';

/** The transaction that a Kysely transaction object stands for; `undefined` outside of one. */
export async function scopeOf(db: Queryable): Promise<TransactionScope | undefined> {
  if (!db.isTransaction) return undefined;
  return db.getExecutor().provideConnection(async (connection) => {
    if (connection instanceof UnoConnection && connection.scope !== undefined) return connection.scope;
    throw new ConfigError('This transaction has ended, or its Kysely instance does not use UnoPostgresDialect.');
  });
}

let savepoints = 0;

/**
 * Runs a function so that it happens wholly or not at all: in a transaction of its own, or behind a savepoint in the
 * caller's. After a failure the caller's transaction is as it was before and can go on.
 *
 * @throws whatever the function throws
 */
export async function atomically<T>(db: Queryable, run: (db: Queryable) => Promise<T>): Promise<T> {
  if (!db.isTransaction) return db.transaction().execute(run);
  const name = `uno_${++savepoints}`;
  await command(db, `savepoint ${name}`);
  try {
    const result = await run(db);
    // This fails where a statement has failed and its error was not thrown on.
    await command(db, `release ${name}`);
    return result;
  } catch (error) {
    try {
      await command(db, `rollback to ${name}`);
      await command(db, `release ${name}`);
    } catch {
      // The connection is gone, and with it the transaction: the first error says why.
    }
    throw error;
  }
}

async function command(db: Queryable, sql: string): Promise<void> {
  await db.getExecutor().executeQuery(CompiledQuery.raw(sql));
}
