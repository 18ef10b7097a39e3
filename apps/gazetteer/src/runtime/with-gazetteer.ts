import type { UnoContainer } from '@uno/container';
import { type PostgresServer, startPostgres, TestServerError } from '@uno/testing';
import { count, type Output } from '../cli/output.js';
import { createGazetteer } from '../gazetteer-container.js';

const counting = { shared_preload_libraries: 'pg_stat_statements' } as const;

/**
 * Runs something with a gazetteer on a database that is made for it and thrown away afterwards, however that ends: first
 * the connections are closed, then the database goes, then the server.
 */
export async function withGazetteer(
  output: Output,
  signal: AbortSignal,
  run: (container: UnoContainer) => Promise<void>,
): Promise<void> {
  await using server = await startServer(process.env);
  signal.throwIfAborted();
  output.write(
    `uno gazetteer: ${count(171_075)} real cities in repositories that work in batches, ` +
      `on PostgreSQL ${server.version} (${server.source}).\n`,
  );
  await using database = await server.createDatabase({ name: 'gazetteer' });
  await using container = createGazetteer(database.connectionString);
  await run(container);
}

/** With pg_stat_statements where that is possible: a server that runs already has the settings that it has. */
async function startServer(env: NodeJS.ProcessEnv): Promise<PostgresServer> {
  if (env['DATABASE_URL']) return startPostgres();
  try {
    return await startPostgres({ settings: counting });
  } catch (error) {
    // A PostgreSQL without its contrib modules does not start with this setting; the tour works without it.
    if (!(error instanceof TestServerError) || !error.message.includes(counting.shared_preload_libraries)) throw error;
    return startPostgres();
  }
}
