export { createTestDatabase, TEST_DATABASE_PREFIX, TEST_SERVER_URL } from './create-test-database.js';
export type { PostgresSource, StartPostgresOptions } from './options.js';
export type { PostgresServer } from './postgres-server.js';
export { startPostgres } from './start-postgres.js';
export type { CreateDatabaseOptions, TestDatabase } from './test-database.js';
export { TestServerError, type TestServerErrorCode } from './test-server-error.js';
