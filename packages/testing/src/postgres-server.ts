import { randomBytes } from 'node:crypto';
import type { PostgresSource } from './options.js';
import { type CreateDatabaseOptions, createDatabase, newRunPrefix, type TestDatabase } from './test-database.js';
import { TestServerError } from './test-server-error.js';

/** A PostgreSQL server for tests; get one by `startPostgres`. */
export interface PostgresServer extends AsyncDisposable {
  /** As a role that may create databases (a superuser, unless the server is that of DATABASE_URL). Holds the password. */
  readonly connectionString: string;
  readonly source: PostgresSource;
  /** Such as `18.4`. */
  readonly version: string;
  /** The beginning of the names of its test databases. */
  readonly databasePrefix: string;
  /** @throws {TestServerError} `create-database-denied`, `create-database-failed`, `stopped`, `invalid-option` */
  createDatabase(options?: CreateDatabaseOptions): Promise<TestDatabase>;
  /**
   * Ends the sessions and removes every trace: the processes and data of a server started here, the test databases of
   * one that was there before. Safe to call again; what happens without it is the same, once this process ends.
   *
   * @throws {TestServerError} `cleanup-failed` if something is left behind.
   */
  stop(): Promise<void>;
}

/** What the ways to get a server have to bring. */
export interface ServerParts {
  readonly connectionString: string;
  readonly source: PostgresSource;
  readonly version: string;
  readonly databasePrefix?: string;
  /** Called once. */
  release(): Promise<void>;
}

/** Makes a server of its parts. */
export function postgresServer(parts: ServerParts): PostgresServer {
  const { connectionString, source, version, databasePrefix = newRunPrefix() } = parts;
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopping ??= parts.release();
    return stopping;
  };
  return Object.freeze({
    connectionString,
    source,
    version,
    databasePrefix,
    createDatabase: async (options?: CreateDatabaseOptions) => {
      if (stopping !== undefined) throw new TestServerError('stopped', 'The test server has been stopped.');
      return createDatabase(connectionString, databasePrefix, options);
    },
    stop,
    [Symbol.asyncDispose]: stop,
  });
}

/** A password that needs no escaping anywhere. */
export function newPassword(): string {
  return randomBytes(24).toString('hex');
}
