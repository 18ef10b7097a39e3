import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { withConnection } from './connect.js';
import { hostAndPort, withApplicationName, withDatabase } from './connection-url.js';
import { codeOf, messageOf, TestServerError } from './test-server-error.js';

/** Options of `createDatabase`. */
export interface CreateDatabaseOptions {
  /** Part of its name, for people: letters, digits and `_`, at most 30. */
  readonly name?: string;
}

/** An empty database of one's own. */
export interface TestDatabase extends AsyncDisposable {
  readonly connectionString: string;
  readonly name: string;
  /** Drops it, ending the sessions on it. Does nothing when it is gone already. */
  drop(): Promise<void>;
}

/** The beginning of the names of all databases of a run; random, so that runs on one server leave each other alone. */
export function newRunPrefix(): string {
  return `uno_${randomBytes(4).toString('hex')}_`;
}

/**
 * Creates an empty database, from template0: it holds nothing but what PostgreSQL brings.
 *
 * @throws {TestServerError} `create-database-denied`, `create-database-failed`, `connection-failed` or `invalid-option`
 */
export async function createDatabase(
  serverUrl: string,
  prefix: string,
  options: CreateDatabaseOptions = {},
): Promise<TestDatabase> {
  const label = options.name ?? '';
  if (!/^\w{0,30}$/.test(label)) {
    throw new TestServerError(
      'invalid-option',
      `name is ${JSON.stringify(label)}: expected letters, digits and _, at most 30.`,
    );
  }
  const name = `${prefix}${label.toLowerCase()}${label && '_'}${randomBytes(4).toString('hex')}`;
  const adminUrl = withApplicationName(serverUrl, prefix);
  const identifier = pg.escapeIdentifier(name);
  try {
    await withConnection(adminUrl, (client) => client.query(`CREATE DATABASE ${identifier} TEMPLATE template0`));
  } catch (error) {
    throw explain(error, serverUrl);
  }
  const drop = async (): Promise<void> => {
    try {
      const sql = `DROP DATABASE IF EXISTS ${identifier} WITH (FORCE)`;
      await withConnection(adminUrl, (client) => client.query(sql));
    } catch (cause) {
      const where = hostAndPort(serverUrl);
      throw new TestServerError('drop-database-failed', `Could not drop ${name} on ${where}: ${messageOf(cause)}`, {
        cause,
      });
    }
  };
  return Object.freeze({
    connectionString: withDatabase(serverUrl, name),
    name,
    drop,
    [Symbol.asyncDispose]: drop,
  });
}

function explain(cause: unknown, serverUrl: string): TestServerError {
  const where = hostAndPort(serverUrl);
  if (codeOf(cause) === '42501') {
    const role = decodeURIComponent(new URL(serverUrl).username) || 'the role';
    return new TestServerError(
      'create-database-denied',
      `Could not create a test database on ${where}: ${role} lacks the right CREATEDB. As a superuser run ` +
        `ALTER ROLE ${pg.escapeIdentifier(role)} CREATEDB, or unset DATABASE_URL to have a server of one's own started.`,
      { cause },
    );
  }
  return new TestServerError(
    'create-database-failed',
    `Could not create a test database on ${where}: ${messageOf(cause)}`,
    { cause },
  );
}
