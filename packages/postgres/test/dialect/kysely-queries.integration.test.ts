import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { CamelCasePlugin, type Generated, type Kysely, sql } from 'kysely';
import type pg from 'pg';
import { prepare, TestBed } from '../support/test-bed.js';

interface Schema {
  city: { id: Generated<number>; name: string; countryCode: string; population: string | null };
}

let bed: TestBed;
let db: Kysely<Schema>;
let pool: pg.Pool;

beforeAll(async () => {
  bed = await TestBed.create();
  ({ db, pool } = bed.open<Schema>({ plugins: [new CamelCasePlugin()] }));
  await prepare(
    pool,
    `create table city (id integer generated always as identity primary key, name text not null unique,
      country_code text not null, population bigint)`,
  );
});
beforeEach(() => prepare(pool, 'truncate city restart identity'));
afterAll(() => bed.close());

const oslo = { name: 'Oslo', countryCode: 'no', population: '709037' };
const bergen = { name: 'Bergen', countryCode: 'no', population: null };

describe('a query of plain Kysely', () => {
  it('inserts and returns rows through the plugins of the instance', async () => {
    const rows = await db.insertInto('city').values([oslo, bergen]).returningAll().execute();
    expect(rows).toEqual([
      { id: 1, ...oslo },
      { id: 2, ...bergen },
    ]);
  });

  it('counts the rows that it changed', async () => {
    const inserted = await db.insertInto('city').values([oslo, bergen]).executeTakeFirstOrThrow();
    const updated = await db.updateTable('city').set({ countryCode: 'NO' }).executeTakeFirstOrThrow();
    const deleted = await db.deleteFrom('city').where('name', '=', 'Oslo').executeTakeFirstOrThrow();
    expect(inserted.numInsertedOrUpdatedRows).toBe(2n);
    expect(updated.numUpdatedRows).toBe(2n);
    expect(deleted.numDeletedRows).toBe(1n);
  });

  it('counts the rows of a MERGE', async () => {
    await db.insertInto('city').values([oslo, bergen]).execute();
    const result = await db
      .mergeInto('city')
      .using(
        sql<{ name: string }>`(values ('Oslo'), ('Bergen'))`.as<'given'>(sql`given(name)`),
        'given.name',
        'city.name',
      )
      .whenMatched()
      .thenUpdateSet({ population: '1' })
      .executeTakeFirstOrThrow();
    expect(result.numChangedRows).toBe(2n);
  });

  it('upserts', async () => {
    await db.insertInto('city').values(oslo).execute();
    await db
      .insertInto('city')
      .values({ ...oslo, population: '1' })
      .onConflict((conflict) => conflict.column('name').doUpdateSet({ population: '1' }))
      .execute();
    expect(await db.selectFrom('city').select(['name', 'population']).execute()).toEqual([
      { name: 'Oslo', population: '1' },
    ]);
  });

  it('reads values by the type parsers of pg, as on any other dialect', async () => {
    const query = sql<object>`select 1 as one, 1.5::float8 as half, '1'::bigint as big, null as nothing,
      array[1,2] as list, '{"a":1}'::jsonb as document, '2024-02-29T12:00:00Z'::timestamptz as moment`;
    expect((await query.execute(db)).rows).toEqual([
      {
        one: 1,
        half: 1.5,
        big: '1',
        nothing: null,
        list: [1, 2],
        document: { a: 1 },
        moment: new Date('2024-02-29T12:00:00Z'),
      },
    ]);
  });

  it('runs statements that return nothing', async () => {
    const result = await sql`create temporary table gone (x integer)`.execute(db);
    expect(result).toEqual({ rows: [] });
  });

  it('introspects the database', async () => {
    const tables = await db.introspection.getTables();
    expect(tables.map(({ name, columns }) => [name, columns.length])).toEqual([['city', 4]]);
  });

  it('keeps one connection for the whole of connection()', async () => {
    const pids = await db.connection().execute(async (connection) => {
      const pid = sql<{ pid: number }>`select pg_backend_pid() as pid`;
      return [(await pid.execute(connection)).rows, (await pid.execute(connection)).rows];
    });
    expect(pids[0]).toEqual(pids[1]);
  });
});

describe('a transaction of plain Kysely', () => {
  it('has the isolation level and the access mode it asks for', async () => {
    const rows = await db
      .transaction()
      .setIsolationLevel('repeatable read')
      .setAccessMode('read only')
      .execute(async (trx) => {
        const level = await sql`show transaction_isolation`.execute(trx);
        const access = await sql`show transaction_read_only`.execute(trx);
        return [...level.rows, ...access.rows];
      });
    expect(rows).toEqual([{ transactionIsolation: 'repeatable read' }, { transactionReadOnly: 'on' }]);
  });

  it('under control takes savepoints of any name, back and forth', async () => {
    const trx = await db.startTransaction().execute();
    await trx.insertInto('city').values(oslo).execute();
    const behind = await trx.savepoint('a "name" with quotes').execute();
    await behind.insertInto('city').values(bergen).execute();
    const before = await behind.rollbackToSavepoint('a "name" with quotes').execute();
    await before.releaseSavepoint('a "name" with quotes').execute();
    await trx.commit().execute();
    expect(await db.selectFrom('city').select('name').execute()).toEqual([{ name: 'Oslo' }]);
  });

  it('under control rolls back', async () => {
    const trx = await db.startTransaction().execute();
    await trx.insertInto('city').values(oslo).execute();
    await trx.rollback().execute();
    expect(await db.selectFrom('city').selectAll().execute()).toEqual([]);
  });
});
