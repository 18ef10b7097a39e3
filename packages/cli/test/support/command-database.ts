import { createTestDatabase } from '@uno/testing';
import pg from 'pg';

/** A database of a test file's own, and what commands find it by. */
export interface CommandDatabase {
  readonly env: { readonly DATABASE_URL: string };
  /** Runs SQL as an administrator would, and gives the rows of the last statement. */
  run(sql: string): Promise<unknown[]>;
  close(): Promise<void>;
}

export async function openCommandDatabase(): Promise<CommandDatabase> {
  const database = await createTestDatabase({ name: 'cli' });
  const client = new pg.Client({ connectionString: database.connectionString });
  await client.connect();
  return {
    env: { DATABASE_URL: database.connectionString },
    run: async (sql) => (await client.query(sql)).rows,
    close: async () => {
      await client.end();
      await database.drop();
    },
  };
}
