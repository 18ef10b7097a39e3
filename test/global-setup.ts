import { importTesting } from '../packages/testing/test/support/import-source.mjs';

/** Starts the one PostgreSQL server of a jest run; the workers learn of it from their environment. */
export default async function globalSetup(): Promise<void> {
  const { startPostgres, TEST_DATABASE_PREFIX, TEST_SERVER_URL } = await importTesting();
  const server = await startPostgres();
  process.env[TEST_SERVER_URL] = server.connectionString;
  process.env[TEST_DATABASE_PREFIX] = server.databasePrefix;
  Object.assign(globalThis, { unoTestServer: server });
  process.stderr.write(`PostgreSQL ${server.version} (${server.source})\n`);
}
