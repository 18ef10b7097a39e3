import { randomBytes } from 'node:crypto';
import type { PostgresSource } from './options.js';
import { type CreateDatabaseOptions, createDatabase, newRunPrefix, type TestDatabase } from './test-database.js';
import { TestServerError } from './test-server-error.js';

/**
 * How a server ends when it is restarted: `'fast'` ends the sessions, rolls back what is open and writes everything to
 * its files; `'immediate'` is a crash of the server, after which it recovers from its write-ahead log.
 */
export type RestartMode = 'fast' | 'immediate';

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
   * Ends the server and starts it again, on the same port and data, and waits until it answers. Sessions are lost.
   * Servers launched here run with `synchronous_commit = off`: a crash takes the commits of the last half second with
   * it, unless they were made with that setting `on`. Calls at the same time take turns.
   *
   * @param mode default `'fast'`
   * @throws {TestServerError} `restart-unsupported` for servers that were not launched here, as those of DATABASE_URL
   *   and in containers; `restart-failed`, `reaper-failed`, `stopped`, `invalid-option`
   * @example
   * await using server = await startPostgres({ source: 'embedded', settings: { synchronous_commit: 'on' } })
   * await server.restart('immediate')
   */
  restart(mode?: RestartMode): Promise<void>;
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
  /** Absent where it cannot be done. Called with one call at a time, and not after `release`. */
  restart?(mode: RestartMode): Promise<void>;
  /** Called once. */
  release(): Promise<void>;
}

/** Makes a server of its parts. */
export function postgresServer(parts: ServerParts): PostgresServer {
  const { connectionString, source, version, databasePrefix = newRunPrefix() } = parts;
  let stopping: Promise<void> | undefined;
  let restarting: Promise<void> = Promise.resolve();
  const stop = (): Promise<void> => {
    stopping ??= restarting.then(() => parts.release());
    return stopping;
  };
  const checkRunning = (): void => {
    if (stopping !== undefined) throw new TestServerError('stopped', 'The test server has been stopped.');
  };
  const restart = async (mode: RestartMode = 'fast'): Promise<void> => {
    checkRunning();
    if (parts.restart === undefined) throw restartUnsupported(source);
    if (mode !== 'fast' && mode !== 'immediate') {
      throw new TestServerError('invalid-option', `mode is ${JSON.stringify(mode)}: expected fast or immediate.`);
    }
    const done = restarting.then(() => parts.restart?.(mode));
    restarting = done.catch(() => {});
    return done;
  };
  return Object.freeze({
    connectionString,
    source,
    version,
    databasePrefix,
    createDatabase: async (options?: CreateDatabaseOptions) => {
      checkRunning();
      return createDatabase(connectionString, databasePrefix, options);
    },
    restart,
    stop,
    [Symbol.asyncDispose]: stop,
  });
}

function restartUnsupported(source: PostgresSource): TestServerError {
  const whose = { 'database-url': 'of DATABASE_URL', testcontainers: 'in a container' };
  const which = source === 'database-url' || source === 'testcontainers' ? ` ${whose[source]}` : '';
  return new TestServerError(
    'restart-unsupported',
    `A server${which} cannot be restarted: ask for one that is launched here, by startPostgres({ source: 'embedded' }).`,
  );
}

/** A password that needs no escaping anywhere. */
export function newPassword(): string {
  return randomBytes(24).toString('hex');
}
