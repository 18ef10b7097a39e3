import { type PostgresServer, startPostgres, TEST_SERVER_URL } from '@uno/testing';

/** The server of the test run, as a server that was there before. */
export function testServer(): Promise<PostgresServer> {
  return startPostgres({ source: 'database-url', env: { DATABASE_URL: process.env[TEST_SERVER_URL] } });
}
