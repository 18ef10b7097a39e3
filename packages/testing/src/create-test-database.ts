import { type CreateDatabaseOptions, createDatabase, type TestDatabase } from './test-database.js';
import { TestServerError } from './test-server-error.js';

/** Environment variables by which a test run tells its worker processes of its server. */
export const TEST_SERVER_URL = 'UNO_TEST_SERVER_URL';
/** See {@link TEST_SERVER_URL}. */
export const TEST_DATABASE_PREFIX = 'UNO_TEST_DATABASE_PREFIX';

/**
 * An empty database on the server of the test run, for a test file of its own. Drop it in `afterAll`, after the last
 * connection to it is closed; what is not dropped goes with the run.
 *
 * @throws {TestServerError} `no-test-server` outside of such a run; `create-database-denied`, `create-database-failed`
 * @example
 * let database: TestDatabase
 * beforeAll(async () => { database = await createTestDatabase() })
 * afterAll(() => database.drop())
 */
export async function createTestDatabase(options?: CreateDatabaseOptions): Promise<TestDatabase> {
  const url = process.env[TEST_SERVER_URL];
  const prefix = process.env[TEST_DATABASE_PREFIX];
  if (!url || !prefix) {
    throw new TestServerError(
      'no-test-server',
      `There is no test server: ${TEST_SERVER_URL} and ${TEST_DATABASE_PREFIX} are not set. ` +
        "jest sets them by its globalSetup, test/global-setup.ts: run jest from the repository's root, or use startPostgres().",
    );
  }
  return createDatabase(url, prefix, options);
}
