import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type BatchExecuteSqlOptions, BatchOperations } from '@uno/batch';
import { column, mapEntity, type WriteEvent } from '@uno/domain';
import type { Queryable } from '@uno/postgres';
import { range } from '../failure/support/load.js';
import { crates, openYard, type Yard } from '../failure/support/yard.js';
import { failureOf } from '../support/failure-of.js';

class Place {
  ship!: string;
  row!: number;
}
const places = mapEntity(Place, {
  table: 'place',
  schema: 'Port side',
  key: ['ship', 'row'],
  columns: { ship: column.text(), row: column.integer().named('row_number') },
});

let yard: Yard;
let events: WriteEvent[];

beforeAll(async () => {
  yard = await openYard();
  await yard.run(`create function store(id int) returns int language sql as
    'insert into crate (id, weight) values (id, 1) returning crate.id'`);
});
afterAll(() => yard.close());
beforeEach(async () => {
  await yard.reset(range(1, 6).map((id) => ({ id, label: null, weight: 1, note: 'none', dockId: 1 })));
  events = [];
});

type Options = BatchExecuteSqlOptions & { readonly returnRows?: true };

function execute(
  sql: string,
  options: Options = {},
  db: Queryable = yard.db,
  sets: readonly number[][] = [[1], [2], [3]],
) {
  const observers = [{ written: (event: WriteEvent) => events.push(event) }];
  const operations = new BatchOperations({ table: crates, db, observers, config: { batchSize: 2, retryCount: 0 } });
  return operations.batchExecuteSql(sql, sets, options);
}

const all = { table: 'crate', keyColumns: ['id'], keys: 'all', kind: 'upsert', outcome: 'committed' };

describe('observers are told that any row may be different', () => {
  it.each([
    ['update', 'update crate set weight = 2 where id = $1', 'update'],
    ['delete', 'delete from crate where id = $1', 'delete'],
    ['upsert', 'insert into crate (id, weight) values ($1, 2) on conflict (id) do update set weight = 2', 'upsert'],
    ['upsert', 'with gone as (delete from crate where id = $1 returning 1) select * from gone', 'upsert'],
    ['upsert', 'explain analyze update crate set weight = 2 where id = $1', 'upsert'],
    ['upsert', 'do $$ begin delete from crate; end $$', 'upsert'],
  ])('by every statement that is no query (%s): %s', async (_, sql, kind) => {
    await execute(sql, {}, yard.db, sql.includes('$1') ? undefined : [[]]);
    expect(events).toEqual([{ ...all, kind }]);
  });

  it('once for each chunk where chunks are committed', async () => {
    await execute('update crate set weight = 2 where id = $1', { atomicity: 'chunk' });
    expect(events).toEqual([
      { ...all, kind: 'update' },
      { ...all, kind: 'update' },
    ]);
  });

  it.each(['all', 'chunk'] as const)('by a query that calls something that writes (%s)', async (atomicity) => {
    await execute('select store($1 + 100)', { atomicity });
    expect(events).toEqual(atomicity === 'all' ? [all] : [all, all]);
  });

  it('by a query in a transaction that has written before, which is careful', async () => {
    await yard.db.transaction().execute(async (db) => {
      await execute('select id from crate where id = $1', {}, db);
      await execute('update crate set weight = 2 where id = $1', {}, db);
      await execute('select id from crate where id = $1', {}, db);
      expect(events).toEqual([]);
    });
    expect(events).toEqual([{ ...all, kind: 'update' }, all]);
  });

  it('of whichever tables and kind they are said to be', async () => {
    const options = { tables: [places, crates], kind: 'delete' } as const;
    await execute('update crate set weight = 2 where id = $1', options);
    expect(events).toEqual([
      { ...all, kind: 'delete', table: 'Port side.place', keyColumns: ['ship', 'row_number'] },
      { ...all, kind: 'delete' },
    ]);
  });

  it('by a query that is said to write', async () => {
    await execute('select id from crate where id = $1', { writes: true });
    expect(events).toEqual([all]);
  });

  it('when a set is left out, too', async () => {
    await execute('update crate set weight = 12 + $1 - 1 where id = $1', { onRecordError: 'skip' });
    expect(events).toEqual([{ ...all, kind: 'update' }]);
  });
});

describe('observers are not told', () => {
  it.each(['single_query', 'chunked', 'parallel', 'pipelined', 'optimistic'] as const)(
    'by a query (%s)',
    async (strategy) => {
      await execute('select id from crate where id = $1', { strategy });
      await execute('(values ($1::int))', { strategy });
      expect(events).toEqual([]);
    },
  );

  it('by a query that burns no number of a transaction, in a transaction of the caller’s', async () => {
    await yard.db.transaction().execute((db) => execute('select id from crate where id = $1', {}, db));
    expect(events).toEqual([]);
  });

  it('where nothing of it is told, by promise', async () => {
    await execute('update crate set weight = 2 where id = $1', { writes: false });
    await execute('update crate set weight = 3 where id = $1', { tables: [] });
    expect(events).toEqual([]);
  });

  it('of what was rolled back', async () => {
    await failureOf(execute('update crate set weight = 10 + $1 where id = $1'));
    await failureOf(execute('select store($1 + 3)'));
    const failed = yard.db.transaction().execute(async (db) => {
      await execute('update crate set weight = 2 where id = $1', {}, db);
      throw new Error('of the caller');
    });
    await failureOf(failed);
    expect(events).toEqual([]);
  });
});

it('one that throws does not keep others from hearing of other tables', async () => {
  const heard: string[] = [];
  const observers = [
    {
      written: ({ table }: WriteEvent) => {
        if (table === 'crate') throw new Error('of the observer');
        heard.push(table);
      },
    },
  ];
  const operations = new BatchOperations({ table: crates, db: yard.db, observers });
  await operations.batchExecuteSql('update crate set weight = 2 where id = $1', [[1]], { tables: [crates, places] });
  expect(heard).toEqual(['Port side.place']);
});
