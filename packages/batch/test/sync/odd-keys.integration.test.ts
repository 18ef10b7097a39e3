import { afterEach, describe, expect, it } from '@jest/globals';
import { BatchOperations } from '@uno/batch';
import { column, mapEntity } from '@uno/domain';
import { type OpenTable, openTable } from '../tables/support/open-table.js';

class Thing {
  id!: string;
  amount!: number;
}

let table: OpenTable;

afterEach(() => table.close());

const shown = () => table.run('select id, amount from thing order by amount');
const record = (id: string, amount: number) => ({ id, amount });

describe('batchSync by keys', () => {
  it('that have several spellings keeps a row that is spelt differently', async () => {
    table = await openTable([
      'create table thing (id numeric primary key, amount integer)',
      'insert into thing values (1.0, 1), (2, 2), (3.50, 3)',
    ]);
    const things = mapEntity(Thing, { table: 'thing', columns: { id: column.numeric(), amount: column.integer() } });
    const operations = new BatchOperations({ table: things, db: table.db, config: { batchSize: 2 } });
    const result = await operations.batchSync([
      record('1', 1),
      record('3.5', 4),
      record('3.500', 5),
      record('7.00', 7),
    ]);
    expect(result).toMatchObject({ total: 4, inserted: 1, deleted: 1 });
    expect(await shown()).toEqual([
      ['1.0', '1'],
      ['3.50', '5'],
      ['7.00', '7'],
    ]);
  });

  it('that are equal under a collation of their own keeps a row that is spelt differently', async () => {
    table = await openTable([
      `create collation loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false)`,
      'create table thing (id text collate loose primary key, amount integer)',
      `insert into thing values ('a', 1), ('b', 2)`,
    ]);
    const id = column.text({ nondeterministic: 'loose' });
    const things = mapEntity(Thing, { table: 'thing', columns: { id, amount: column.integer() } });
    const operations = new BatchOperations({ table: things, db: table.db });
    const result = await operations.batchSync([record('A', 1)], { filters: { amount: { gte: 0 } } });
    expect(result).toMatchObject({ total: 1, unchanged: 1, deleted: 1 });
    expect(await shown()).toEqual([['a', '1']]);
  });

  it('of a domain passes over one that the domain refuses, and that no row can have', async () => {
    table = await openTable([
      `create domain code as text check (value ~ '^[a-z]+$')`,
      'create table thing (id code primary key, amount integer check (amount >= 0))',
      `insert into thing values ('a', 1), ('b', 2), ('c', 3)`,
    ]);
    const id = column.ofType('code');
    const things = mapEntity(Thing, { table: 'thing', columns: { id, amount: column.integer() } });
    const operations = new BatchOperations({ table: things, db: table.db, config: { batchSize: 2 } });
    const records = [record('a', 1), record('B', 2), record('b', -2), record('d', 4)];
    const result = await operations.batchSync(records, { onRecordError: 'skip' });
    expect(result).toMatchObject({ total: 4, inserted: 1, unchanged: 1, failed: 2, deleted: 1 });
    expect(await shown()).toEqual([
      ['a', '1'],
      ['b', '2'],
      ['d', '4'],
    ]);
  });

  it('in columns called as those of the statements', async () => {
    class Odd {
      k0!: number;
      c0!: number;
      ord!: number | null;
    }
    table = await openTable([
      'create schema "Odd"',
      'create table "Odd"."s t" (k0 integer, c0 integer, ord integer, primary key (k0, c0))',
      'insert into "Odd"."s t" values (1, 1, 1), (1, 2, 2), (2, 1, 3), (2, 2, 4)',
    ]);
    const odds = mapEntity(Odd, {
      table: 's t',
      schema: 'Odd',
      key: ['k0', 'c0'],
      columns: { k0: column.integer(), c0: column.integer(), ord: column.integer().nullable() },
    });
    const operations = new BatchOperations({ table: odds, db: table.db });
    const records = [
      { k0: 1, c0: 2, ord: 2 },
      { k0: 1, c0: 3, ord: null },
    ];
    const result = await operations.batchSync(records, { filters: { or: [{ ord: { lt: 4 } }, { ord: null }] } });
    expect(result).toMatchObject({ total: 2, inserted: 1, unchanged: 1, deleted: 2 });
    expect(await table.run('select * from "Odd"."s t" order by k0, c0')).toEqual([
      ['1', '2', '2'],
      ['1', '3', null],
      ['2', '2', '4'],
    ]);
  });

  it('of a table of which a role sees a part deletes in that part', async () => {
    const role = 'uno_sync_viewer';
    table = await openTable(
      [
        'create table thing (id text primary key, amount integer)',
        `insert into thing values ('a', 1), ('b', 2), ('hidden', -1)`,
        'alter table thing enable row level security',
        'create policy visible on thing using (amount >= 0)',
        `do $$ begin if not exists (select from pg_roles where rolname = '${role}') then create role ${role}; end if; end $$`,
        `grant select, insert, update, delete on thing to ${role}`,
      ],
      role,
    );
    const things = mapEntity(Thing, { table: 'thing', columns: { id: column.text(), amount: column.integer() } });
    const operations = new BatchOperations({ table: things, db: table.db });
    expect(await operations.batchSync([record('a', 5)])).toMatchObject({ updated: 1, deleted: 1 });
    expect(await shown()).toEqual([
      ['hidden', '-1'],
      ['a', '5'],
    ]);
  });
});
