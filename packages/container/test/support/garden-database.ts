import { createTables } from '@uno/domain';
import { UnoPostgresDialect } from '@uno/postgres';
import { createTestDatabase } from '@uno/testing';
import { Kysely } from 'kysely';
import pg from 'pg';
import { felledTrees, gardens, trees } from './gardens.js';

/** A database with gardens and trees, seen from outside of every container. */
export interface GardenDatabase {
  readonly connectionString: string;
  readonly name: string;
  /** A pool of the test's own, to be given to containers. */
  readonly pool: pg.Pool;
  /** The SQL of what was sent through that pool since the list was emptied. */
  readonly statements: string[];
  /** The server's processes of containers that connect by themselves. */
  containerPids(): Promise<number[]>;
  terminate(pid: number): Promise<void>;
  names(): Promise<string[]>;
  /** Empties the tables and the list of statements. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

export async function openGardenDatabase(): Promise<GardenDatabase> {
  const database = await createTestDatabase({ name: 'container' });
  const { connectionString, name } = database;
  const pool = new pg.Pool({ connectionString, max: 3 });
  pool.on('error', () => {});
  const statements: string[] = [];
  pool.on('connect', (client) => {
    // Every container that a test makes over the pool listens to its connections.
    client.setMaxListeners(0);
    const send = client.query.bind(client);
    const query = (config: { text: string }, ...rest: unknown[]) => {
      statements.push(config.text);
      return Reflect.apply(send, client, [config, ...rest]);
    };
    Object.assign(client, { query });
  });
  const observer = new pg.Client({ connectionString });
  observer.on('error', () => {});
  await observer.connect();
  const own = new pg.Pool({ connectionString, max: 1 });
  own.on('error', () => {});
  const db = new Kysely<unknown>({ dialect: new UnoPostgresDialect({ pool: own }) });
  await createTables(db, [gardens, trees, felledTrees]);
  await db.destroy();
  return {
    connectionString,
    name,
    pool,
    statements,
    async containerPids() {
      const { rows } = await observer.query<{ pid: number }>(
        "select pid from pg_stat_activity where datname = current_database() and application_name = 'uno'",
      );
      return rows.map(({ pid }) => pid);
    },
    async terminate(pid) {
      // The second argument waits until it is gone.
      await observer.query('select pg_terminate_backend($1, 10000)', [pid]);
    },
    async names() {
      const { rows } = await observer.query<{ name: string }>('select name from garden order by name');
      return rows.map((row) => row.name);
    },
    async reset() {
      await observer.query('truncate garden, tree, felled_tree restart identity');
      statements.length = 0;
    },
    async close() {
      await observer.end();
      await pool.end();
      await database.drop();
    },
  };
}

/** How many of the statements write to a table. */
export function insertsInto(statements: readonly string[], table: string): number {
  return statements.filter((text) => text.includes(`insert into "${table}"`)).length;
}

/** Waits for a condition rather than for a time. */
export async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition()));
}
