import { createTestDatabase, type TestDatabase } from '@uno/testing';
import { Kysely, type KyselyPlugin, type Logger } from 'kysely';
import pg from 'pg';
import { UnoPostgresDialect } from '../../src/index.js';

/** What a test asks of its pool and its Kysely instance. */
export interface OpenOptions {
  readonly pool?: pg.PoolConfig;
  readonly plugins?: KyselyPlugin[];
  readonly log?: Logger;
}

/** A Kysely database on uno's dialect, and the pool below it. */
export interface Opened<Schema> {
  readonly db: Kysely<Schema>;
  readonly pool: pg.Pool;
}

/** A database of one test file with everything that is opened on it, closed in one go. */
export class TestBed {
  readonly #database: TestDatabase;
  readonly #closers: (() => Promise<void>)[] = [];

  private constructor(database: TestDatabase) {
    this.#database = database;
  }

  static async create(): Promise<TestBed> {
    return new TestBed(await createTestDatabase({ name: 'postgres' }));
  }

  get connectionString(): string {
    return this.#database.connectionString;
  }

  get databaseName(): string {
    return this.#database.name;
  }

  open<Schema = unknown>(options: OpenOptions = {}): Opened<Schema> {
    const pool = new pg.Pool({ connectionString: this.connectionString, ...options.pool });
    // What happens to idle connections is shown by the queries that come after.
    pool.on('error', () => {});
    const dialect = new UnoPostgresDialect({ pool });
    const db = new Kysely<Schema>({ dialect, plugins: options.plugins ?? [], log: options.log ?? [] });
    this.#closers.push(() => db.destroy());
    return { db, pool };
  }

  /** A session outside of the pool: the other party of a conflict, or the administrator. */
  async session(): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: this.connectionString });
    client.on('error', () => {});
    await client.connect();
    this.#closers.push(() => client.end());
    return client;
  }

  async close(): Promise<void> {
    for (const closer of this.#closers.splice(0).reverse()) await closer();
    await this.#database.drop();
  }
}

/** Runs SQL that prepares a test; the outcome is not looked at. */
export async function prepare(client: pg.Client | pg.Pool, ...statements: string[]): Promise<void> {
  for (const statement of statements) await client.query(statement);
}

/** The process id of the server side of a raw session. */
export async function pidOf(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  return rows[0]?.pid ?? Number.NaN;
}
