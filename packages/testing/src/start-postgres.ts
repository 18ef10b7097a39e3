import { chooseSource } from './choose-source.js';
import { containerServer } from './container-server.js';
import { dockerAnswers } from './docker-answers.js';
import { externalServer } from './external-server.js';
import { launchServer } from './launched-server.js';
import { locateEmbedded } from './locate-embedded.js';
import { locateInstalled } from './locate-installed.js';
import type { StartPostgresOptions } from './options.js';
import type { PostgresServer } from './postgres-server.js';
import { TestServerError } from './test-server-error.js';

/**
 * Starts a throwaway PostgreSQL server, or borrows the one of DATABASE_URL, and has it cleaned up when this process
 * ends, however it ends. Takes about a second with the embedded binaries. For tests, examples and demos only: a
 * server started here does not outlive a crash of the machine, and its OpenSSL is old.
 *
 * Where it comes from: `options.source`, by default the first that applies of DATABASE_URL, UNO_POSTGRES
 * (`embedded`, `installed` or `testcontainers`), a Docker engine that answers, the embedded binaries.
 *
 * @throws {TestServerError} says what to do; nothing is left behind.
 * @example
 * await using server = await startPostgres()
 * await using database = await server.createDatabase()
 * const pool = new pg.Pool({ connectionString: database.connectionString })
 */
export async function startPostgres(options: StartPostgresOptions = {}): Promise<PostgresServer> {
  const { source: wanted = 'auto', settings, env = process.env } = options;
  const source = wanted === 'auto' ? await chooseSource(env, () => dockerAnswers(env)) : wanted;
  switch (source) {
    case 'database-url':
      if (settings !== undefined && Object.keys(settings).length > 0) {
        throw new TestServerError(
          'invalid-option',
          `The server of DATABASE_URL is running already, with settings of its own: cannot set ${Object.keys(settings).join(', ')}. ` +
            "Ask for another source, such as { source: 'embedded' }, or unset DATABASE_URL.",
        );
      }
      return externalServer(env['DATABASE_URL']);
    case 'testcontainers':
      return containerServer(env, settings);
    case 'embedded':
      return launchServer({ source, settings, binaries: locateEmbedded() });
    case 'installed':
      return launchServer({ source, settings, binaries: await locateInstalled(env) });
    default:
      throw new TestServerError(
        'invalid-option',
        `source is ${JSON.stringify(source satisfies never)}: expected auto, database-url, testcontainers, embedded or installed.`,
      );
  }
}
