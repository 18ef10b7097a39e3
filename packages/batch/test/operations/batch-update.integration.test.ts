import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BatchOperations, BatchOperationsPort } from '@uno/batch';
import { column, mapEntity, type RecordPatch, UnoContext, UnoDBRepository } from '@uno/domain';
import { until } from '../support/until.js';
import { type OpenTable, openTable } from '../tables/support/open-table.js';

class Thing {
  id!: number;
  whole!: number | null;
  big!: bigint | null;
  ratio!: number | null;
  price!: string | null;
  name!: string | null;
  code!: string | null;
  fixed!: string | null;
  loose!: string | null;
  doc!: unknown;
  docb!: unknown;
  tags!: (string | null)[] | null;
  at!: Date | null;
  clock!: string | null;
  pair!: string | null;
  span!: string | null;
  wait!: string | null;
}
const things = mapEntity(Thing, {
  table: 'thing',
  columns: {
    id: column.integer(),
    whole: column.integer().nullable(),
    big: column.bigint().nullable(),
    ratio: column.double().nullable(),
    price: column.numeric().nullable(),
    name: column.text().nullable(),
    code: column.varchar(3).nullable(),
    fixed: column.char(4).nullable(),
    loose: column.text().nullable(),
    doc: column.json<unknown>().nullable(),
    docb: column.jsonb<unknown>().nullable(),
    tags: column.array(column.text().nullable()).nullable(),
    at: column.timestamptz().nullable(),
    clock: column.time().nullable(),
    pair: column.ofType('pair').nullable(),
    span: column.ofType('int4range').nullable(),
    wait: column.ofType('interval').nullable(),
  },
});
type Patch = RecordPatch<typeof things>;

let table: OpenTable;
let operations: BatchOperations<typeof things>;
let repository: UnoDBRepository<typeof things>;

/** Columns may hold more than the mapping says: longer text, microseconds. */
beforeAll(async () => {
  table = await openTable([
    `create collation loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false)`,
    'create type pair as (a double precision, b text)',
    `create table thing (id integer primary key, whole integer, big bigint, ratio double precision, price numeric,
      name text, code text, fixed char(4), loose text collate loose, doc json, docb jsonb, tags text[],
      at timestamptz, clock time, pair pair, span int4range, wait interval)`,
    'create table fired (id integer)',
    `create function note() returns trigger language plpgsql as
      $$ begin insert into fired values (new.id); return new; end $$`,
    'create trigger note after update on thing for each row execute function note()',
  ]);
  operations = new BatchOperations({ table: things, db: table.db, config: { batchSize: 4 } });
  repository = new UnoDBRepository(new UnoContext({ db: table.db, batch: new BatchOperationsPort() }), things);
});
afterAll(() => table.close());
beforeEach(async () => {
  await table.run('truncate thing, fired');
  table.sent.length = 0;
});

const fired = async () => (await table.run('select id from fired order by id')).map(([id]) => Number(id));
const noNul = { whole: null, big: null };

/** What is stored, what is asked for, and whether that is another value. */
const comparisons: readonly (readonly [string, string, Omit<Patch, 'id'>, boolean])[] = [
  ['a whole number', 'whole = 5', { whole: 5 }, false],
  ['another whole number', 'whole = 5', { whole: 6 }, true],
  ['NULL over NULL', 'whole = null', noNul, false],
  ['NULL over a value', 'whole = 5', noNul, true],
  ['a value over NULL', 'whole = null', { whole: 0 }, true],
  ['a bigint', 'big = 9007199254740993', { big: 9007199254740993n }, false],
  ['the same fraction', 'ratio = 0.1', { ratio: 0.1 }, false],
  ['-0 over 0', 'ratio = 0', { ratio: -0 }, true],
  ['NaN over NaN', `ratio = 'NaN'`, { ratio: Number.NaN }, false],
  ['the same numeric', 'price = 1.00', { price: '1.00' }, false],
  ['numeric 1.0 over 1.00', 'price = 1.00', { price: '1.0' }, true],
  ['the same text', `name = 'a''b'`, { name: "a'b" }, false],
  ['text that a cast to the mapped length would make the same', `code = 'abcd'`, { code: 'abc' }, true],
  ['padded text', `fixed = 'ab'`, { fixed: 'ab' }, false],
  ['the same text under a loose collation', `loose = 'Bern'`, { loose: 'Bern' }, false],
  ['text that a loose collation takes for equal', `loose = 'bern'`, { loose: 'Bern' }, true],
  ['the same document', `doc = '{"a":1}'`, { doc: { a: 1 } }, false],
  ['another spelling of a document', `doc = '{"a": 1}'`, { doc: { a: 1 } }, true],
  ['a jsonb document', `docb = '{"b":1,"a":[1]}'`, { docb: { a: [1], b: 1 } }, false],
  ['another jsonb document', `docb = '{"a":1}'`, { docb: { a: 2 } }, true],
  ['an array', `tags = '{a,NULL}'`, { tags: ['a', null] }, false],
  ['an array with "NULL" in it', `tags = '{a,NULL}'`, { tags: ['a', 'NULL'] }, true],
  ['an empty array over NULL', 'tags = null', { tags: [] }, true],
  ['a moment', `at = '2026-01-02T03:04:05.678Z'`, { at: new Date('2026-01-02T03:04:05.678Z') }, false],
  [
    'a moment less its microseconds',
    `at = '2026-01-02T03:04:05.678001Z'`,
    { at: new Date('2026-01-02T03:04:05.678Z') },
    true,
  ],
  ['another spelling of a time', `clock = '10:00:00'`, { clock: '10:00:00.000' }, false],
  ['a composite value', `pair = '(1.5,x)'`, { pair: '(1.5,x)' }, false],
  ['a composite value with -0', `pair = '(0,x)'`, { pair: '(-0,x)' }, true],
  ['a range', `span = '[1,3)'`, { span: '[1,2]' }, false],
  ['an equal interval', `wait = '1 mon'`, { wait: '30 days' }, true],
];

describe.each(comparisons)('%s', (_, stored, asked, differs) => {
  it(differs ? 'is a change' : 'is none', async () => {
    for (const id of [1, 2]) {
      await table.run(`insert into thing (id) values (${id})`);
      await table.run(`update thing set ${stored} where id = ${id}`);
    }
    await table.run('truncate fired');
    const status = differs ? 'updated' : 'unchanged';
    const { outcomes } = await operations.batchUpdate([{ ...asked, id: 1 }], { outcomes: true });
    expect(outcomes).toMatchObject([{ status }]);
    const options = { useBatchOperations: false, outcomes: true } as const;
    expect((await repository.batchUpdate([{ ...asked, id: 2 }], options)).outcomes).toMatchObject([{ status }]);
    expect(await fired()).toEqual(differs ? [1, 2] : []);
  });
});

const ten = Array.from({ length: 10 }, (_, i) => i + 1);

describe.each(['single_query', 'chunked', 'parallel', 'pipelined', 'optimistic'] as const)(
  'rows under %s',
  (strategy) => {
    beforeEach(() => table.run('insert into thing (id, whole) select n, n from generate_series(1, 8) as n'));

    /** Of ten records two have no row, and a third of the others are as asked. */
    const patches = ten.map((id) => ({ id, whole: id % 3 === 0 ? id : -id }));
    const statuses = ten.map((id) => (id > 8 ? 'skipped' : id % 3 === 0 ? 'unchanged' : 'updated'));

    it('are counted as changed, unchanged and not there', async () => {
      const result = await operations.batchUpdate(patches, { strategy });
      expect(result).toMatchObject({ total: 10, updated: 6, unchanged: 2, skipped: 2, individually: 0 });
      expect(await fired()).toEqual([1, 2, 4, 5, 7, 8]);
      expect(await operations.batchUpdate(patches, { strategy })).toMatchObject({
        updated: 0,
        unchanged: 8,
        skipped: 2,
      });
    });

    it('are told apart', async () => {
      const { outcomes } = await operations.batchUpdate(patches, { strategy, outcomes: true });
      expect(outcomes.map(({ status }) => status)).toEqual(statuses);
    });

    it('are all written where they are not to be left alone', async () => {
      const options = { strategy, skipUnchanged: false } as const;
      expect(await operations.batchUpdate(patches, options)).toMatchObject({ updated: 8, unchanged: 0, skipped: 2 });
      expect(await fired()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    });

    it('are counted by a repository, whether changed or not', async () => {
      expect(await repository.batchUpdate(patches, { strategy, batchSize: 4 })).toBe(8);
      expect(await repository.batchUpdate(patches, { strategy, useBatchOperations: false })).toBe(8);
    });

    it('are unchanged by a record that says nothing', async () => {
      const result = await operations.batchUpdate(
        ten.map((id) => ({ id })),
        { strategy },
      );
      expect(result).toMatchObject({ updated: 0, unchanged: 8, skipped: 2 });
    });
  },
);

describe('an update', () => {
  const updates = () => table.sent.filter((text) => /^(with|select u)/.test(text));

  it('sends one statement, whether rows are changed or not', async () => {
    await table.run('insert into thing (id, whole) values (1, 1), (2, 2)');
    await operations.batchUpdate(
      [1, 2, 3].map((id) => ({ id, whole: 2 })),
      { outcomes: true },
    );
    expect(updates()).toHaveLength(1);
  });

  it('says that a row is gone that somebody deletes at the same moment', async () => {
    await table.run('insert into thing (id, whole) values (1, 1), (2, 2), (3, 3)');
    await table.run('begin');
    await table.run('delete from thing where id = 2');
    await table.run('update thing set whole = 7 where id = 3');
    const updating = operations.batchUpdate(
      [1, 2, 3].map((id) => ({ id, whole: 7 })),
      { outcomes: true },
    );
    await waitsForALock();
    await table.run('commit');
    const { outcomes } = await updating;
    expect(outcomes.map(({ status }) => status)).toEqual(['updated', 'skipped', 'unchanged']);
  });
});

async function waitsForALock(): Promise<void> {
  await until('the update waits for a lock', async () => {
    // The statistics of a transaction are those of its first look.
    await table.run('select pg_stat_clear_snapshot()');
    const [[count] = []] = await table.run(
      `select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`,
    );
    return count !== '0';
  });
}
