import { ConnectionError } from '../errors/database-errors.js';
import { canceledUncommitted } from './canceled.js';
import { giveUpWaiting } from './give-up-waiting.js';
import { type Queryable, requireUnoDialect } from './queryable.js';
import { command, rollbackTo, savepointName } from './savepoint.js';
import { transactionEnded } from './transaction-level.js';
import { currentLevel, onNewLevel } from './transaction-position.js';
import type { TransactionScope, TransactionWishes } from './transaction-scope.js';
import { uncommitted } from './uncommitted.js';
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

/** How a transaction is run. */
export interface AtomicOptions {
  /**
   * Aborted while a connection, or the turn in a transaction of the caller, is waited for, the wait ends at once and
   * nothing happens. Aborted later on, it does not interrupt the function, whose statements take the signal themselves;
   * but nothing is committed any more. Aborted while COMMIT is under way, it gives the server 2,000 ms to answer.
   */
  readonly signal?: AbortSignal | undefined;
  /**
   * Whether it is worth knowing for sure what became of a COMMIT on a lost connection: PostgreSQL is asked for the
   * transaction's id when it begins (which uses one up, and so is nothing for transactions that only read) and, if need
   * be, for up to 5,000 ms on another connection, what became of that id. The first statement of the function can no
   * longer be `set transaction isolation level`. Of no effect in a transaction of the caller.
   *
   * After a crash or a failover, which may have lost transactions and given their ids to others, it stays unknown.
   */
  readonly writes?: boolean | undefined;
  /**
   * Whether all its statements see the database as it is when the first of them begins, and none may write: a transaction
   * of `repeatable read, read only`. Of no effect in a transaction of the caller.
   */
  readonly snapshot?: boolean | undefined;
}

/**
 * Runs a function so that it happens wholly or not at all: in a transaction of its own, or behind a savepoint in the
 * caller's. After a failure the caller's transaction is as it was before and can go on. Several of them in one
 * transaction take turns.
 *
 * @throws whatever the function throws
 * @throws CanceledError when the signal was aborted: nothing was written
 * @throws CommitUnknownError when the connection was lost during COMMIT and, with `writes`, it could not be found out
 *   what became of it; ConnectionError with retry `whole-transaction` when it was found out that nothing was written
 * @example
 * ```ts
 * const signal = AbortSignal.timeout(2_000);
 * await atomically(
 *   db,
 *   async (trx) => {
 *     await executeText(trx, { sql: 'update account set balance = balance - 1 where id = $1' }, ['7'], { signal });
 *     await executeText(trx, { sql: 'update account set balance = balance + 1 where id = $1' }, ['8'], { signal });
 *   },
 *   { signal, writes: true },
 * );
 * ```
 */
export async function atomically<T>(
  db: Queryable,
  run: (db: Queryable) => Promise<T>,
  options: AtomicOptions = {},
): Promise<T> {
  const { signal } = options;
  return giveUpWaiting(signal, async (begin) => {
    const scope = await scopeOf(db);
    if (scope === undefined) return inOwnTransaction(db, run, options, begin);
    return currentLevel(scope).inTurn(async () => {
      begin();
      return behindSavepoint(db, scope, run, signal);
    });
  });
}

function inOwnTransaction<T>(
  db: Queryable,
  run: (db: Queryable) => Promise<T>,
  { signal, writes, snapshot }: AtomicOptions,
  begin: () => void,
): Promise<T> {
  requireUnoDialect(db);
  return db.connection().execute(async (single) => {
    begin();
    await wish(single, signal === undefined && !writes ? undefined : { signal, writes });
    const starter = snapshot
      ? single.transaction().setIsolationLevel('repeatable read').setAccessMode('read only')
      : single.transaction();
    return starter.execute(async (transaction) => {
      const own = await scopeOf(transaction);
      // Aborted while BEGIN was under way, which had come too far to be cancelled.
      if (signal?.aborted) throw canceledUncommitted(signal);
      try {
        return await (own === undefined ? run(transaction) : onNewLevel(own, () => run(transaction)));
      } catch (error) {
        throw await withoutDoubt(transaction, error);
      }
    });
  });
}

/** A lost connection leaves no doubt about a transaction of which no COMMIT was sent on it. */
async function withoutDoubt(transaction: Queryable, error: unknown): Promise<unknown> {
  return (await isTransactionLost(transaction)) ? asUncommitted(error) : error;
}

/** Whether a transaction is gone with its connection, or has ended. */
export async function isTransactionLost(transaction: Queryable): Promise<boolean> {
  try {
    return await transaction.getExecutor().provideConnection(async (connection) => {
      return connection instanceof UnoConnection && connection.lost !== undefined;
    });
  } catch {
    return true;
  }
}

/** What was thrown in a transaction that is gone: that it is, where the error leaves open what happened. */
export function asUncommitted(error: unknown): unknown {
  return error instanceof ConnectionError && error.retry === 'if-idempotent' ? uncommitted(error) : error;
}

/** Says what is asked of the transaction that is opened next on a connection. */
async function wish(single: Queryable, wishes: TransactionWishes | undefined): Promise<void> {
  await single.getExecutor().provideConnection(async (connection) => {
    if (connection instanceof UnoConnection) connection.wishes = wishes;
  });
}

async function behindSavepoint<T>(
  db: Queryable,
  scope: TransactionScope,
  run: (db: Queryable) => Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  const name = savepointName();
  await command(db, `savepoint ${name}`, { signal });
  try {
    const result = await onNewLevel(scope, () => run(db));
    // This fails where a statement has failed and its error was not thrown on.
    await command(db, `release ${name}`, { signal });
    return result;
  } catch (error) {
    try {
      await rollbackTo(db, name);
      await command(db, `release ${name}`);
    } catch {
      // The connection is gone, and with it the transaction: the first error says why.
    }
    throw error;
  }
}
