import { CompiledQuery } from 'kysely';
import { type Queryable, requireUnoDialect } from './queryable.js';
import { transactionEnded } from './transaction-level.js';
import { currentLevel, onNewLevel } from './transaction-position.js';
import type { TransactionScope } from './transaction-scope.js';
import { UnoConnection } from './uno-connection.js';

/**
 * The transaction that a Kysely transaction object stands for; `undefined` outside of one.
 *
 * @throws ConfigError when it has ended
 */
export async function scopeOf(db: Queryable): Promise<TransactionScope | undefined> {
  if (!db.isTransaction) return undefined;
  requireUnoDialect(db);
  let scope: TransactionScope | undefined;
  try {
    scope = await db.getExecutor().provideConnection(async (connection) => {
      return connection instanceof UnoConnection ? connection.scope : undefined;
    });
  } catch (cause) {
    throw transactionEnded(cause);
  }
  if (scope === undefined) throw transactionEnded();
  return scope;
}

/**
 * Runs a statement, in a transaction after all that began before it on the same level.
 *
 * @throws ConfigError when the transaction has ended
 */
export async function inTurn<T>(db: Queryable, run: () => Promise<T>): Promise<T> {
  const scope = await scopeOf(db);
  return scope === undefined ? run() : currentLevel(scope).inTurn(run);
}

let savepoints = 0;

/**
 * Runs a function so that it happens wholly or not at all: in a transaction of its own, or behind a savepoint in the
 * caller's. After a failure the caller's transaction is as it was before and can go on. Several of them in one
 * transaction take turns.
 *
 * @throws whatever the function throws
 */
export async function atomically<T>(db: Queryable, run: (db: Queryable) => Promise<T>): Promise<T> {
  const scope = await scopeOf(db);
  if (scope !== undefined) return currentLevel(scope).inTurn(() => behindSavepoint(db, scope, run));
  return db.transaction().execute(async (transaction) => {
    const own = await scopeOf(transaction);
    return own === undefined ? run(transaction) : onNewLevel(own, () => run(transaction));
  });
}

async function behindSavepoint<T>(
  db: Queryable,
  scope: TransactionScope,
  run: (db: Queryable) => Promise<T>,
): Promise<T> {
  const name = `uno_${++savepoints}`;
  await command(db, `savepoint ${name}`);
  try {
    const result = await onNewLevel(scope, () => run(db));
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
