import { column, createTables, mapEntity } from '@uno/domain';
import { type Queryable, UnoPostgresDialect } from '@uno/postgres';
import { createTestDatabase, type FaultProxy, startFaultProxy } from '@uno/testing';
import { Kysely, sql } from 'kysely';
import pg from 'pg';
import { recordStatements } from '../../support/record-statements.js';

export class Bottle {
  id!: number;
  label!: string;
  year!: number;
}

/** A table with a primary key. */
export const bottles = mapEntity(Bottle, {
  table: 'bottle',
  columns: { id: column.integer(), label: column.text(), year: column.integer() },
});

class Heap extends Bottle {}

/** A table without any index, which the tests make. */
export const heaps = mapEntity(Heap, {
  table: 'Heap',
  columns: { id: column.integer(), label: column.text(), year: column.integer() },
});

export function someBottles(count: number, from = 1): Bottle[] {
  return Array.from({ length: count }, (_, i) => ({ id: from + i, label: `label ${from + i}`, year: 2000 + (i % 20) }));
}

export const idsOf = (records: readonly Bottle[]): number[] => records.map(({ id }) => id);

/** A database of its own. */
export interface Cellar {
  readonly db: Kysely<unknown>;
  /** The SQL of what was sent, but for that of connections from far away. */
  readonly statements: string[];
  run(statement: string): Promise<void>;
  /** Another way to the same database, of so many milliseconds there and back. */
  farAway(milliseconds: number): Promise<{ readonly db: Queryable; close(): Promise<void> }>;
  close(): Promise<void>;
}

export async function openCellar(): Promise<Cellar> {
  const database = await createTestDatabase();
  const connect = (connectionString: string) => {
    const pool = new pg.Pool({ connectionString, max: 4 });
    pool.on('error', () => undefined);
    const statements = recordStatements(pool);
    return { db: new Kysely<unknown>({ dialect: new UnoPostgresDialect({ pool }) }), statements };
  };
  const { db, statements } = connect(database.connectionString);
  const run = async (statement: string) => {
    await sql.raw(statement).execute(db);
  };
  await createTables(db, [bottles]);
  await run('create table "Heap" (id integer, label text, year integer)');
  return {
    db,
    statements,
    run,
    farAway: async (milliseconds) => {
      const proxy: FaultProxy = await startFaultProxy({ target: database.connectionString });
      proxy.setLatency(milliseconds);
      const { db: far } = connect(proxy.connectionString);
      return {
        db: far,
        close: async () => {
          await far.destroy();
          await proxy.close();
        },
      };
    },
    close: async () => {
      await db.destroy();
      await database.drop();
    },
  };
}
