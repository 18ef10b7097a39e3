import type { IsolationLevel, QueryExecutor } from 'kysely';
import { ConfigError } from '../errors/input-errors.js';
import { kindOf } from '../types/pg-type.js';
import { UnoPostgresAdapter } from './uno-postgres-adapter.js';

/**
 * A Kysely database or transaction, whatever its schema type: the slice of `Kysely<DB>` that uno needs. Every
 * `Kysely<DB>` and `Transaction<DB>` is one.
 */
export interface Queryable {
  readonly isTransaction: boolean;
  getExecutor(): QueryExecutor;
  transaction(): TransactionStarter;
  connection(): ConnectionStarter;
}

interface ConnectionStarter {
  execute<T>(run: (connection: Queryable) => Promise<T>): Promise<T>;
}

interface TransactionStarter {
  setIsolationLevel(level: IsolationLevel): TransactionStarter;
  setAccessMode(mode: 'read only' | 'read write'): TransactionStarter;
  execute<T>(run: (transaction: Queryable) => Promise<T>): Promise<T>;
}

/**
 * @throws ConfigError for what is no Kysely instance, or one that uses another dialect than {@link UnoPostgresDialect}
 */
export function requireUnoDialect(db: Queryable): void {
  if (typeof db !== 'object' || db === null || typeof db.getExecutor !== 'function') {
    throw new ConfigError(`A Kysely database or transaction is expected, not ${kindOf(db)}.`);
  }
  if (db.getExecutor().adapter instanceof UnoPostgresAdapter) return;
  throw new ConfigError(
    'This Kysely instance uses another dialect. Create it with new Kysely({ dialect: new UnoPostgresDialect({ pool }) }); ' +
      'queries of your own run on it unchanged.',
  );
}
