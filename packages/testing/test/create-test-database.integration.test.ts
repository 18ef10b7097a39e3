import { afterEach, describe, expect, it } from '@jest/globals';
import { withConnection } from '../src/connect.js';
import { createTestDatabase, TEST_DATABASE_PREFIX, TEST_SERVER_URL } from '../src/index.js';

const before = { ...process.env };

afterEach(() => {
  process.env[TEST_SERVER_URL] = before[TEST_SERVER_URL];
});

describe('createTestDatabase', () => {
  it('makes an empty database on the server of the run, under the name prefix of the run', async () => {
    const database = await createTestDatabase({ name: 'Cities' });
    expect(database.name).toMatch(/^uno_[0-9a-f]{8}_cities_[0-9a-f]{8}$/);
    expect(database.name.startsWith(String(process.env[TEST_DATABASE_PREFIX]))).toBe(true);
    const tables = await withConnection(database.connectionString, async (client) => {
      const { rows } = await client.query(
        "SELECT current_database() AS name, (SELECT count(*)::int FROM pg_tables WHERE schemaname = 'public') AS n",
      );
      return rows;
    });
    expect(tables).toEqual([{ name: database.name, n: 0 }]);
    await database.drop();
  });

  it('makes many at a time', async () => {
    const databases = await Promise.all(Array.from({ length: 5 }, () => createTestDatabase()));
    expect(new Set(databases.map(({ name }) => name)).size).toBe(5);
    await Promise.all(databases.map((database) => database[Symbol.asyncDispose]()));
  });

  it('drops a database in use, and may do so twice', async () => {
    const database = await createTestDatabase();
    const lost = withConnection(database.connectionString, async (client) => {
      const waiting = client.query('SELECT pg_sleep(600)');
      await database.drop();
      return waiting;
    });
    await expect(lost).rejects.toMatchObject({ code: '57P01' });
    await expect(database.drop()).resolves.toBeUndefined();
  });

  it('refuses a name that would not do', async () => {
    await expect(createTestDatabase({ name: 'a-b' })).rejects.toMatchObject({ code: 'invalid-option' });
  });

  it('says what is missing outside of a test run', async () => {
    delete process.env[TEST_SERVER_URL];
    await expect(createTestDatabase()).rejects.toMatchObject({
      code: 'no-test-server',
      message: expect.stringMatching(/UNO_TEST_SERVER_URL.*globalSetup.*startPostgres\(\)/),
    });
  });
});
