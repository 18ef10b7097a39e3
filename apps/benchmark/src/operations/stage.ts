import { createTables } from '@uno/domain';
import { UnoPostgresDialect } from '@uno/postgres';
import type { PostgresServer, TestDatabase } from '@uno/testing';
import { Kysely } from 'kysely';
import pg from 'pg';
import { openPool } from '../open-pool.js';
import { type Measured, measured, numbered } from '../measured.js';
import type { Dataset } from './dataset.js';
import type { StartingState } from './operation.js';
import { type CpuTimes, cpuTimesOf } from './process-cpu.js';

/** What a table holds: the number of its rows, and a sum over all that is in them. */
export interface Contents {
  readonly rows: number;
  readonly checksum: string;
}

interface StageParts {
  readonly server: PostgresServer;
  readonly database: TestDatabase;
  readonly client: pg.Client;
  readonly wanted: Stage['wanted'];
}

const LOADED_AT_ONCE = 10_000;

/** A database with the tables that are measured on, put back to a starting state before every run. */
export class Stage implements AsyncDisposable {
  readonly data: Dataset;
  /** What the table has to hold when all records are inserted, and when all of them are changed. */
  readonly wanted: { readonly records: Contents; readonly changed: Contents };
  readonly #server: PostgresServer;
  readonly #database: TestDatabase;
  readonly #client: pg.Client;
  #state: StartingState | undefined;

  private constructor(data: Dataset, { server, database, client, wanted }: StageParts) {
    this.data = data;
    this.wanted = wanted;
    this.#server = server;
    this.#database = database;
    this.#client = client;
  }

  /** Makes the database; the records are loaded by a plain statement of its own, which no way is measured by. */
  static async open(server: PostgresServer, data: Dataset): Promise<Stage> {
    const database = await server.createDatabase({ name: 'benchmark' });
    await makeTables(database.connectionString);
    const client = new pg.Client({ connectionString: database.connectionString });
    await client.connect();
    // Cleaning up is done before each run, not in the middle of one.
    for (const table of ['measured', 'numbered']) {
      await client.query(`alter table ${table} set (autovacuum_enabled = false)`);
    }
    const changed = await load(client, data.changed, 'start_changed');
    await client.query('drop table start_changed');
    const records = await load(client, data.records, 'start_full');
    await client.query('create table start_half as select * from start_full where id % 2 = 0 order by id');
    return new Stage(data, { server, database, client, wanted: { records, changed } });
  }

  get connectionString(): string {
    return this.#database.connectionString;
  }

  /** Puts the tables into a state, vacuumed, and has everything written to the files. */
  async restore(state: StartingState): Promise<void> {
    if (this.#state === state) return;
    await this.#client.query('truncate measured, numbered restart identity');
    if (state !== 'empty') await this.#client.query(`insert into measured select * from start_${state}`);
    await this.#client.query('vacuum (analyze) measured, numbered');
    await this.#client.query('checkpoint');
    this.#state = state;
  }

  /** Says that the tables are no longer as they were restored. */
  disturbed(): void {
    this.#state = undefined;
  }

  /** CPU times of the server's processes for the ways' connections; none of a server on another machine. */
  async serverCpu(): Promise<CpuTimes> {
    if (this.#server.source !== 'embedded' && this.#server.source !== 'installed') return new Map();
    const { rows } = await this.#client.query<{ pid: number }>(
      `select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
    );
    return cpuTimesOf(rows.map(({ pid }) => pid));
  }

  contents(): Promise<Contents> {
    return contentsOf(this.#client, 'measured');
  }

  /** How many rows `numbered` has, and how many of the ids are those of the row of their record. */
  async numbered(ids: readonly (number | undefined)[]): Promise<{ readonly rows: number; readonly aligned: number }> {
    const { rows } = await this.#client.query<{ rows: number; aligned: number }>(
      `select (select count(*)::int from numbered) as rows, count(*)::int as aligned
      from unnest($1::int[]) with ordinality as given (id, ord)
      join numbered as n on n.id = given.id
      join start_full as s on s.id = given.ord - 1
      where (n.name, n.country, n.population, n.latitude, n.longitude, n.active, n.created_at)
        = (s.name, s.country, s.population, s.latitude, s.longitude, s.active, s.created_at)`,
      [ids],
    );
    return rows[0] ?? { rows: 0, aligned: 0 };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.end();
    await this.#database.drop();
  }
}

async function makeTables(connectionString: string): Promise<void> {
  const dialect = new UnoPostgresDialect({ pool: openPool({ connectionString, max: 1 }) });
  const db = new Kysely<unknown>({ dialect });
  await createTables(db, [measured, numbered]).finally(() => db.destroy());
}

async function load(client: pg.Client, records: readonly Measured[], table: string): Promise<Contents> {
  await client.query(`create table ${table} (like measured)`);
  for (let from = 0; from < records.length; from += LOADED_AT_ONCE) {
    const rows = records
      .slice(from, from + LOADED_AT_ONCE)
      .map(({ createdAt, ...others }) => ({ ...others, created_at: createdAt }));
    await client.query(`insert into ${table} select * from json_populate_recordset(null::measured, $1::json)`, [
      JSON.stringify(rows),
    ]);
  }
  return contentsOf(client, table);
}

async function contentsOf(client: pg.Client, table: string): Promise<Contents> {
  const { rows } = await client.query<Contents>(
    `select count(*)::int as rows, coalesce(sum(hashtext(t::text)::bigint), 0)::text as checksum from ${table} as t`,
  );
  return rows[0] ?? { rows: 0, checksum: '0' };
}
