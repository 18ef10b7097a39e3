import { belongsTo, column, createTables, mapEntity } from '@uno/domain';
import { UnoPostgresDialect } from '@uno/postgres';
import { createTestDatabase } from '@uno/testing';
import { Kysely, sql } from 'kysely';
import pg from 'pg';
import { recordStatements } from '../../support/record-statements.js';

export class Dock {
  id!: number;
}

/** A record that can be refused in every way there is. */
export class Crate {
  id!: number;
  label!: string | null;
  weight!: number;
  note!: string;
  dockId!: number;
  dock?: Dock;
}

/** What forbids that a crate is deleted. */
export class Seal {
  id!: number;
  crateId!: number;
  crate?: Crate;
}

const docks = mapEntity(Dock, { table: 'dock', columns: { id: column.integer() } });

export const crates = mapEntity(Crate, {
  table: 'crate',
  columns: {
    id: column.integer().generated(),
    label: column.text().nullable(),
    weight: column.integer(),
    note: column.varchar(8).default('none'),
    dockId: column.integer().named('dock_id').default(1),
  },
  relations: { dock: belongsTo(() => Dock, 'dockId') },
  uniques: [['label']],
});

const seals = mapEntity(Seal, {
  table: 'seal',
  columns: { id: column.integer().generated(), crateId: column.integer().named('crate_id') },
  relations: { crate: belongsTo(() => Crate, 'crateId') },
});

/** One row of the table of crates. */
export interface CrateRow {
  readonly id: number;
  readonly label: string | null;
  readonly weight: number;
  readonly note: string;
  readonly dockId: number;
}

/** A database of crates: docks 1 to 3, no crate may weigh 13. */
export interface Yard {
  readonly db: Kysely<unknown>;
  readonly pool: pg.Pool;
  /** A session of its own that nothing of uno's uses. */
  readonly observer: pg.Client;
  /** The SQL of every statement of the pool since the list was emptied. */
  readonly statements: string[];
  /** Runs statements that are no part of what is tested. */
  run(text: string): Promise<void>;
  /** One more session. */
  session(): Promise<pg.Client>;
  /** Leaves these crates in the table, and these of them sealed. */
  reset(rows?: readonly CrateRow[], sealed?: readonly number[]): Promise<void>;
  /** All crates by id. */
  rows(): Promise<CrateRow[]>;
  close(): Promise<void>;
}

/** What a yard is opened with. */
export interface YardOptions {
  /** Connections of the pool. Default 4. */
  readonly max?: number;
  /** Settings of its sessions, such as `-c lock_timeout=50ms`. */
  readonly settings?: string;
}

export async function openYard({ max = 4, settings = '' }: YardOptions = {}): Promise<Yard> {
  const database = await createTestDatabase({ name: 'failure' });
  const { connectionString } = database;
  const pool = new pg.Pool({ connectionString, max, options: settings });
  // Tests that end connections on purpose must not end the process.
  pool.on('error', () => undefined);
  const statements = recordStatements(pool);
  const db = new Kysely<unknown>({ dialect: new UnoPostgresDialect({ pool }) });
  await createTables(db, [docks, crates, seals]);
  const clients: pg.Client[] = [];
  const session = async () => {
    const client = new pg.Client({ connectionString });
    client.on('error', () => undefined);
    await client.connect();
    clients.push(client);
    return client;
  };
  const observer = await session();
  const run = async (text: string) => {
    await observer.query(text);
  };
  await run('insert into dock select generate_series(1, 3)');
  await run('alter table crate add constraint unlucky check (weight <> 13)');
  return {
    db,
    pool,
    observer,
    statements,
    run,
    session,
    async reset(rows = [], sealed = []) {
      const given = pg.escapeLiteral(JSON.stringify(rows));
      // One round trip.
      await run(
        `delete from seal; delete from crate;
         insert into crate (id, label, weight, note, dock_id)
           select id, label, weight, note, "dockId" from jsonb_to_recordset(${given})
           as r(id int, label text, weight int, note text, "dockId" int);
         insert into seal (crate_id) select unnest('{${sealed.join()}}'::int[])`,
      );
      statements.length = 0;
    },
    async rows() {
      const { rows } = await observer.query<CrateRow>(
        'select id, label, weight, note, dock_id as "dockId" from crate order by id',
      );
      return rows;
    },
    async close() {
      for (const client of clients) await client.end();
      await db.destroy();
      await database.drop();
    },
  };
}

/** How many rows a table has that are seen by others. */
export async function countOf(yard: Yard): Promise<number> {
  const { rows } = await yard.observer.query<{ n: number }>('select count(*)::int as n from crate');
  return rows[0]?.n ?? -1;
}

/** Sends statements of the test's own through the pool, in its transaction. */
export async function through(db: { getExecutor: Kysely<unknown>['getExecutor'] }, text: string): Promise<void> {
  await sql.raw(text).execute(db);
}
