import type { Driver, QueryCompiler, TransactionSettings } from 'kysely';
import { CommitUnknownError, ConnectionError, TransactionAbortedError } from '../errors/database-errors.js';
import { connectFailure } from './connection-address.js';
import { identifier } from './identifier.js';
import type { PgPool, PgPoolClient } from './pool-port.js';
import { TransactionScope } from './transaction-scope.js';
import { UnoConnection } from './uno-connection.js';

/** Of all drivers, since several may share a pool: a client has one state and one listener. */
const connections = new WeakMap<PgPoolClient, UnoConnection>();

/** Kysely's driver interface over a `pg` pool, which knows how every transaction ended. */
export class UnoPostgresDriver implements Driver {
  readonly #pool: PgPool;

  constructor(pool: PgPool) {
    this.#pool = pool;
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<UnoConnection> {
    const client = await this.#connect();
    let connection = connections.get(client);
    if (connection === undefined) {
      connection = new UnoConnection(client);
      connections.set(client, connection);
    }
    try {
      await connection.prepareSession();
    } catch (error) {
      connection.markBroken();
      connection.release();
      throw error;
    }
    return connection;
  }

  async beginTransaction(connection: UnoConnection, settings: TransactionSettings): Promise<void> {
    const level = settings.isolationLevel === undefined ? '' : ` isolation level ${settings.isolationLevel}`;
    const access = settings.accessMode === undefined ? '' : ` ${settings.accessMode}`;
    await connection.command(`start transaction${level}${access}`);
    connection.scope = new TransactionScope();
  }

  async commitTransaction(connection: UnoConnection): Promise<void> {
    const { lost } = connection;
    if (lost !== undefined) {
      this.#end(connection, 'rolled-back');
      throw new ConnectionError(
        'The connection was lost before the transaction was committed: nothing of it is in the database.',
        'whole-transaction',
        { cause: lost },
      );
    }
    let tag: string;
    try {
      tag = await connection.command('commit');
    } catch (error) {
      if (error instanceof ConnectionError) {
        this.#end(connection, 'unknown');
        throw new CommitUnknownError(
          'The connection was lost while the transaction was being committed: it is either wholly in the database or not at all. Look before repeating it.',
          'if-idempotent',
          { cause: error, sqlstate: error.sqlstate },
        );
      }
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
      await connection.command('rollback');
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

  #end(connection: UnoConnection, outcome: 'committed' | 'rolled-back' | 'unknown'): void {
    const { scope } = connection;
    connection.scope = undefined;
    scope?.end(outcome);
  }
}
