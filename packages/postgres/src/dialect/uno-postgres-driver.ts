import type { Driver, QueryCompiler, TransactionSettings } from 'kysely';
import { CommitUnknownError, ConnectionError, TransactionAbortedError } from '../errors/database-errors.js';
import { canceledUncommitted } from './canceled.js';
import { lookUpCommit } from './commit-lookup.js';
import { connectFailure } from './connection-address.js';
import { identifier } from './identifier.js';
import { openTransaction } from './open-transaction.js';
import type { PgPool, PgPoolClient } from './pool-port.js';
import { ROLLBACK_LIMIT_MS } from './time-limits.js';
import type { TransactionScope } from './transaction-scope.js';
import { uncommitted } from './uncommitted.js';
import { UnoConnection } from './uno-connection.js';

/** Of all drivers, since several may share a pool: a client has one state and one listener. */
const connections = new WeakMap<PgPoolClient, UnoConnection>();

/** Pools that tell whom they give a connection to. */
const heard = new WeakSet<PgPool>();

function connectionOf(client: PgPoolClient): UnoConnection {
  const known = connections.get(client);
  if (known !== undefined) return known;
  const connection = new UnoConnection(client);
  connections.set(client, connection);
  return connection;
}

/**
 * Listens to a connection from its first moment. A server that ends it while it answers to the login sends both in one
 * packet: the pool has stopped to listen then, and the promise of the connection is not yet settled.
 */
function listenTo(pool: PgPool): void {
  if (heard.has(pool)) return;
  heard.add(pool);
  pool.on?.('acquire', connectionOf);
}

/** Kysely's driver interface over a `pg` pool, which knows how every transaction ended. */
export class UnoPostgresDriver implements Driver {
  readonly #pool: PgPool;

  constructor(pool: PgPool) {
    this.#pool = pool;
    listenTo(pool);
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<UnoConnection> {
    const connection = connectionOf(await this.#connect());
    try {
      await connection.prepareSession();
    } catch (error) {
      connection.markBroken();
      connection.release();
      // Nothing of what the connection was wanted for has been sent.
      throw error instanceof ConnectionError ? connectFailure(error, this.#pool) : error;
    }
    return connection;
  }

  async beginTransaction(connection: UnoConnection, settings: TransactionSettings): Promise<void> {
    connection.scope = await openTransaction(connection, settings);
  }

  async commitTransaction(connection: UnoConnection): Promise<void> {
    const { lost, scope } = connection;
    if (lost !== undefined) {
      this.#end(connection, 'rolled-back');
      // A time limit by which the server has ended the session says more than that the session is gone.
      throw lost instanceof ConnectionError ? uncommitted(lost) : lost;
    }
    // Kysely rolls back then, as after any error.
    if (scope?.signal?.aborted) throw canceledUncommitted(scope.signal);
    let tag: string;
    try {
      tag = await connection.command('commit', { signal: scope?.signal, cancel: false });
    } catch (error) {
      if (error instanceof ConnectionError) return this.#resolveCommit(connection, scope, error);
      // A deferred constraint, for example: the server has rolled back.
      this.#end(connection, 'rolled-back');
      throw error;
    }
    // In a failed transaction COMMIT succeeds, does nothing of the kind, and answers ROLLBACK.
    if (tag === 'ROLLBACK') {
      this.#end(connection, 'rolled-back');
      throw new TransactionAbortedError(
        'The transaction was rolled back instead of committed, because a statement in it had failed and its error was not thrown on.',
        'never',
      );
    }
    this.#end(connection, 'committed');
  }

  async rollbackTransaction(connection: UnoConnection): Promise<void> {
    // After a failed COMMIT, Kysely rolls back what has ended already.
    if (connection.scope === undefined) return;
    try {
      await connection.command('rollback', { limitMs: ROLLBACK_LIMIT_MS });
    } catch {
      // The server rolls back by itself when the connection goes, and the error that led here is the one to show.
      connection.markBroken();
    }
    this.#end(connection, 'rolled-back');
  }

  async savepoint(connection: UnoConnection, name: string, _compile: QueryCompiler['compileQuery']): Promise<void> {
    await connection.command(`savepoint ${identifier(name)}`);
  }

  async rollbackToSavepoint(
    connection: UnoConnection,
    name: string,
    _compile: QueryCompiler['compileQuery'],
  ): Promise<void> {
    await connection.command(`rollback to ${identifier(name)}`);
  }

  async releaseSavepoint(
    connection: UnoConnection,
    name: string,
    _compile: QueryCompiler['compileQuery'],
  ): Promise<void> {
    await connection.command(`release ${identifier(name)}`);
  }

  async releaseConnection(connection: UnoConnection): Promise<void> {
    connection.release();
  }

  async destroy(): Promise<void> {
    await this.#pool.end();
  }

  async #connect(): Promise<PgPoolClient> {
    try {
      return await this.#pool.connect();
    } catch (error) {
      throw connectFailure(error, this.#pool);
    }
  }

  /** Ends a transaction whose COMMIT was not answered as what it became, where that can be found out. */
  async #resolveCommit(
    connection: UnoConnection,
    scope: TransactionScope | undefined,
    cause: ConnectionError,
  ): Promise<void> {
    let hint = 'Look before repeating it.';
    if (scope?.transactionId !== undefined) {
      // In a pool of one, or when all its connections were lost at once, no other could be had beside it.
      connection.discard();
      const { transactionId } = scope;
      const { serverLife } = connection;
      const fate = await lookUpCommit(() => this.acquireConnection(), { transactionId, serverLife });
      if (fate.status === 'committed') return this.#end(connection, 'committed');
      if (fate.status === 'aborted') {
        this.#end(connection, 'rolled-back');
        throw new ConnectionError(
          'The connection was lost while the transaction was being committed. PostgreSQL says that it was rolled back: nothing of it is in the database.',
          'whole-transaction',
          { cause, sqlstate: cause.sqlstate },
        );
      }
      hint = `PostgreSQL was asked, and ${fate.why}. ${hint}`;
    }
    this.#end(connection, 'unknown');
    throw new CommitUnknownError(
      `The connection was lost while the transaction was being committed: it is either wholly in the database or not at all. ${hint}`,
      'if-idempotent',
      { cause, sqlstate: cause.sqlstate },
    );
  }

  #end(connection: UnoConnection, outcome: 'committed' | 'rolled-back' | 'unknown'): void {
    const { scope } = connection;
    connection.scope = undefined;
    scope?.end(outcome);
  }
}
