import { serverVersion } from './connect.js';
import { hostAndPort, parseConnectionUrl } from './connection-url.js';
import { type PostgresServer, postgresServer } from './postgres-server.js';
import { ReaperClient } from './reaper-client.js';
import { newRunPrefix } from './test-database.js';
import { messageOf, TestServerError } from './test-server-error.js';

/**
 * The server of DATABASE_URL. It is not ours: only the databases of this run are dropped in the end.
 *
 * @throws {TestServerError} `invalid-option` or `connection-failed`
 */
export async function externalServer(connectionString: string | undefined): Promise<PostgresServer> {
  if (!connectionString) {
    throw new TestServerError('invalid-option', 'The source is database-url, and DATABASE_URL is not set.');
  }
  parseConnectionUrl(connectionString, 'DATABASE_URL');
  const version = await serverVersion(connectionString).catch((cause: unknown) => {
    throw new TestServerError(
      'connection-failed',
      `Could not connect to ${hostAndPort(connectionString)}, the server of DATABASE_URL: ${messageOf(cause)}. ` +
        'Correct it, or unset it to have a server started.',
      { cause },
    );
  });
  const databasePrefix = newRunPrefix();
  const reaper = new ReaperClient();
  await reaper.dropDatabases(connectionString, databasePrefix);
  return postgresServer({
    connectionString,
    source: 'database-url',
    version,
    databasePrefix,
    release: () => reaper.close(),
  });
}
