import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type BatchConfig, BatchMetrics, BatchOperations, type Recommendation } from '@uno/batch';
import type { Queryable } from '@uno/postgres';
import { until } from '../support/until.js';
import { bottles, type Cellar, heaps, idsOf, openCellar, someBottles } from './support/cellar.js';

let cellar: Cellar;

beforeAll(async () => {
  cellar = await openCellar();
});
afterAll(() => cellar.close());
beforeEach(async () => {
  await cellar.run('drop table if exists shelf');
  await cellar.run('drop function if exists on_bottles() cascade');
  await cellar.run('drop index if exists unread, heap_id');
  await cellar.run('truncate bottle, "Heap"');
});

/** With one worker: however slow the machine is, nothing is said of connections that are idle. */
const onBottles = (config?: BatchConfig, db: Queryable = cellar.db) =>
  new BatchOperations({ table: bottles, db, config: { retryDelayMs: 0, maxWorkers: 1, ...config } });
const onHeaps = () => new BatchOperations({ table: heaps, db: cellar.db, config: { batchSize: 500, maxWorkers: 1 } });

/** What a trigger does after each statement that inserts or updates bottles; its rows are in `r`. */
async function after(event: 'insert' | 'update', body: string): Promise<void> {
  await cellar.run(
    `create function on_bottles() returns trigger language plpgsql as $$ begin ${body} return null; end $$`,
  );
  await cellar.run(`create trigger on_bottles after ${event} on bottle referencing new table as r
    for each statement execute function on_bottles()`);
}

/** The one thing that is said. */
async function onlyAdvice<C extends Recommendation['code']>(
  operations: { getRecommendations(): Promise<readonly Recommendation[]> },
  code: C,
): Promise<Extract<Recommendation, { code: C }>> {
  const said = await operations.getRecommendations();
  expect(said.map((one) => one.code)).toEqual([code]);
  const found = said.find((one): one is Extract<Recommendation, { code: C }> => one.code === code);
  if (found === undefined) throw new Error(`${code} was not said`);
  return found;
}

/** The value that an option is to have. */
function toOf(change: Recommendation['change']): unknown {
  return 'option' in change ? change.to : undefined;
}

describe('on a long way to the server', () => {
  it('advises larger chunks, and is silent when they are', async () => {
    const far = await cellar.farAway(6);
    try {
      await onBottles().batchInsert(someBottles(200));
      const small = onBottles({ batchSize: 5 }, far.db);
      await small.batchGet(idsOf(someBottles(200)));
      const { evidence, change, operation } = await onlyAdvice(small, 'chunks_too_small');
      expect(operation).toBe('batchGet');
      expect(evidence).toMatchObject({ chunks: 40, roundTrips: 1 });
      expect(change).toMatchObject({ option: 'batchSize', from: 5 });
      const better = onBottles({ batchSize: change.to }, far.db);
      await better.batchGet(idsOf(someBottles(200)));
      expect(await better.getRecommendations()).toEqual([]);
    } finally {
      await far.close();
    }
  });
});

describe('when the server has not enough memory', () => {
  it('advises smaller chunks, and is silent when they are', async () => {
    await after(
      'insert',
      "if (select count(*) > 30 from r) then raise exception 'out of memory' using errcode = '53200'; end if;",
    );
    const large = onBottles({ batchSize: 100, retryCount: 2 });
    await expect(large.batchInsert(someBottles(100))).rejects.toMatchObject({ code: 'UNO_RESOURCE' });
    const { evidence, change } = await onlyAdvice(large, 'chunks_too_large');
    expect(evidence).toMatchObject({ failures: 3, failuresByCode: { '53200': 3 } });
    expect(change).toEqual({ option: 'batchSize', from: 100, to: 30 });
    const better = onBottles({ batchSize: Number(toOf(change)) });
    await better.batchInsert(someBottles(100));
    expect(await better.getRecommendations()).toEqual([]);
  });

  it('advises chunks where everything is sent at once', async () => {
    await after(
      'insert',
      "if (select count(*) > 30 from r) then raise exception 'out of memory' using errcode = '53200'; end if;",
    );
    const optimistic = onBottles({ batchSize: 30, executionStrategy: 'optimistic' });
    for (const from of [1, 101]) await optimistic.batchInsert(someBottles(100, from));
    const { change } = await onlyAdvice(optimistic, 'chunks_too_large');
    expect(change).toEqual({ option: 'strategy', from: 'optimistic', to: 'chunked' });
    const better = onBottles({ batchSize: 30, executionStrategy: 'chunked' });
    for (const from of [201, 301]) await better.batchInsert(someBottles(100, from));
    expect(await better.getRecommendations()).toEqual([]);
  });
});

describe('when one connection waits for the server', () => {
  const busy = () => after('insert', 'perform pg_sleep(0.13);');

  it('advises several, and is silent when there are', async () => {
    await busy();
    const sequential = onBottles({ batchSize: 5, maxWorkers: 4 });
    await sequential.batchInsert(someBottles(40));
    const { evidence, change } = await onlyAdvice(sequential, 'sequential_with_idle_pool');
    expect(evidence).toMatchObject({ calls: 1, records: 40, spareConnections: 2, atomicity: 'all' });
    expect(change).toEqual({ option: 'strategy', from: 'chunked', to: 'parallel' });
    const better = onBottles({ batchSize: 5, maxWorkers: 4, executionStrategy: 'parallel' });
    await better.batchInsert(someBottles(40, 41));
    expect(await better.getRecommendations()).toEqual([]);
  });

  it('is silent in a transaction of the caller, which has one', async () => {
    await busy();
    const metrics = new BatchMetrics();
    await cellar.db.transaction().execute(async (db) => {
      await new BatchOperations({ table: bottles, db, config: { batchSize: 5 }, metrics }).batchInsert(someBottles(40));
    });
    expect(metrics.observations.table('bottle')?.calls).toMatchObject([{ calls: 1, chunks: 8, alone: { calls: 0 } }]);
    expect(await new BatchOperations({ table: bottles, db: cellar.db, metrics }).getRecommendations()).toEqual([]);
  });
});

describe('on a table without an index', () => {
  it('advises one on the columns that rows are looked for by, and is silent when it is there', async () => {
    const heap = onHeaps();
    await heap.batchInsert(someBottles(10_000));
    await cellar.run('analyze "Heap"');
    await heap.batchGet(idsOf(someBottles(2000)));
    await heap.batchDelete(idsOf(someBottles(500)));
    const { evidence, change } = await onlyAdvice(heap, 'missing_index');
    expect(evidence).toMatchObject({ columns: ['id'], rows: 10_000, lookups: 5, refused: 0 });
    expect(evidence.bytes).toBeGreaterThan(100_000);
    expect(change.sql).toBe('CREATE INDEX CONCURRENTLY ON "Heap" ("id")');
    await cellar.run(change.sql);
    expect(await heap.getRecommendations()).toEqual([]);
    await cellar.run('drop index "Heap_id_idx"');
  });

  it('advises a unique one on the columns that tell records apart, and is silent when it is there', async () => {
    const heap = onHeaps();
    const upsert = () => heap.batchUpsert(someBottles(10), { constraintColumns: ['label', 'year'] });
    await expect(upsert()).rejects.toMatchObject({ code: 'UNO_STATEMENT' });
    const { evidence, change } = await onlyAdvice(heap, 'missing_index');
    expect(evidence).toMatchObject({ columns: ['label', 'year'], refused: 1 });
    expect(change.sql).toBe('CREATE UNIQUE INDEX CONCURRENTLY ON "Heap" ("label", "year")');
    await cellar.run(change.sql);
    expect(await heap.getRecommendations()).toEqual([]);
    expect(await upsert()).toMatchObject({ inserted: 10 });
    await cellar.run('drop index "Heap_label_year_idx"');
  });

  it('advises one on what refers to rows that are deleted, and is silent when it is there', async () => {
    await cellar.run('create table shelf (number integer, "Bottle" integer references bottle)');
    const operations = onBottles();
    await operations.batchInsert(someBottles(2000));
    await cellar.run('insert into shelf select n, 1001 + n % 1000 from generate_series(1, 1000) as n');
    await cellar.run('analyze shelf');
    await operations.batchDelete(idsOf(someBottles(1000)));
    const { evidence, change } = await onlyAdvice(operations, 'missing_foreign_key_index');
    expect(evidence).toMatchObject({
      ...{ constraint: 'shelf_Bottle_fkey', referencingTable: 'public.shelf', columns: ['Bottle'] },
      ...{ rows: 1000, deleted: 1000 },
    });
    await cellar.run(change.sql);
    expect(await operations.getRecommendations()).toEqual([]);
  });
});

describe('on a table with an index that nobody reads', () => {
  it('advises to drop it, says how to have it back, and is silent when it is dropped', async () => {
    await cellar.run('create index unread on bottle (year)');
    const operations = onBottles();
    await operations.batchInsert(someBottles(10_000));
    await cellar.run(`do $$ begin
      for n in 1..200 loop perform from bottle where id = n; end loop;
      if current_setting('server_version_num')::integer >= 150000 then perform pg_stat_force_next_flush(); end if;
    end $$`);
    // The server tells its statistics when it has the time.
    await until('the index is said to be unread', async () => (await operations.getRecommendations()).length > 0);
    const { evidence, change } = await onlyAdvice(operations, 'unused_index');
    expect(evidence).toMatchObject({ index: 'public.unread', scans: 0, indexes: 2, inserted: 10_000 });
    expect(evidence.tableScans).toBeGreaterThanOrEqual(100);
    await cellar.run(change.sql);
    expect(await operations.getRecommendations()).toEqual([]);
    await cellar.run(String(change.undo));
    await onlyAdvice(operations, 'unused_index');
  });
});

describe('when transactions are undone by others', () => {
  it('advises shorter ones, and is silent when nothing has happened', async () => {
    await cellar.run('create sequence if not exists attempts');
    await after(
      'insert',
      "if nextval('attempts') <= 3 then raise exception 'deadlock' using errcode = '40P01'; end if;",
    );
    const operations = onBottles({ batchSize: 10 });
    await operations.batchInsert(someBottles(100), { atomicity: 'chunk' });
    const { evidence, change } = await onlyAdvice(operations, 'conflicting_transactions');
    expect(evidence).toMatchObject({ attempts: 3, attemptsBySqlstate: { '40P01': 3 }, calls: 1 });
    expect(change).toEqual({ option: 'batchSize', from: 10, to: 3 });
    const better = onBottles({ batchSize: 3 });
    await better.batchInsert(someBottles(100, 101), { atomicity: 'chunk' });
    expect((await better.getRecommendations()).map(({ code }) => code)).not.toContain('conflicting_transactions');
  });
});

describe('when rows are written that are as asked', () => {
  it.each(['batchUpdate', 'batchUpsert'] as const)('advises to leave them alone, by %s', async (operation) => {
    const records = someBottles(500);
    await onBottles().batchInsert(records);
    const metrics = new BatchMetrics();
    const operations = new BatchOperations({ table: bottles, db: cellar.db, metrics });
    const changed = records.map((one) => ({ ...one, year: one.year + 1 }));
    const write = (skipUnchanged: boolean) =>
      operation === 'batchUpdate'
        ? operations.batchUpdate(changed, { skipUnchanged })
        : operations.batchUpsert(changed, { skipUnchanged });
    // Of 500 records every sixth is looked at: in the first call all of them differ, in the second none.
    for (const _ of [1, 2]) {
      expect(await write(false)).toMatchObject({ updated: 500, unchanged: 0 });
    }
    const { evidence, change } = await onlyAdvice(operations, 'unchanged_rows_written');
    expect(evidence).toEqual({ sampled: 166, unchanged: 83, share: 0.5, records: 1000 });
    metrics.reset();
    for (const _ of [1, 2]) await write(change.to);
    expect(await operations.getRecommendations()).toEqual([]);
  });

  it('looks at rows of a version, by several keys and of new records, too', async () => {
    const operations = onBottles();
    await operations.batchInsert(someBottles(150));
    const numbered = someBottles(150).map((one) => ({ ...one, label: 'same' }));
    await operations.batchUpdate(numbered, { skipUnchanged: false, version: 'year' });
    const next = numbered.map((one) => ({ ...one, year: one.year + 1 }));
    await operations.batchUpdate(next, { skipUnchanged: false, version: 'year' });
    const update = await onlyAdvice(operations, 'unchanged_rows_written');
    expect(update.evidence).toMatchObject({ sampled: 150, unchanged: 75 });
    const upserts = onBottles();
    // Half of them are new, and are no rows that were there.
    await upserts.batchUpsert(someBottles(300), { skipUnchanged: false });
    await upserts.batchUpsert(someBottles(300), { skipUnchanged: false });
    const upsert = await onlyAdvice(upserts, 'unchanged_rows_written');
    expect(upsert.evidence).toMatchObject({ sampled: 37 + 75, unchanged: 75 });
  });

  it('is silent where a trigger may need it', async () => {
    const records = someBottles(500);
    await onBottles().batchInsert(records);
    await after('update', 'perform 1;');
    const metrics = new BatchMetrics();
    const operations = new BatchOperations({ table: bottles, db: cellar.db, metrics });
    for (const _ of [1, 2]) await operations.batchUpdate(records, { skipUnchanged: false });
    expect(metrics.observations.table('bottle')?.rewritten).toMatchObject([{ sampled: 166, unchanged: 166 }]);
    expect(await operations.getRecommendations()).toEqual([]);
  });
});

describe('when the same rows are read again and again', () => {
  const read = async (operations: BatchOperations<typeof bottles>, times = 12) => {
    for (let i = 0; i < times; i++) await operations.batchGet(idsOf(someBottles(100)));
  };

  it('advises a cache, and is silent where there is one', async () => {
    await onBottles().batchInsert(someBottles(100));
    const operations = onBottles();
    await read(operations);
    const { evidence, change } = await onlyAdvice(operations, 'repeated_reads');
    expect(evidence).toMatchObject({ keys: 1200, written: 0 });
    // A key may have driven another one out.
    expect(evidence.repeated).toBeGreaterThan(1000);
    expect(change).toEqual({ option: 'useCache', from: false, to: true });
    const cached = new BatchOperations({ table: bottles, db: cellar.db, isCached: true });
    await read(cached);
    expect(await cached.getRecommendations()).toEqual([]);
  });

  it('is silent where they are written as often, and in transactions, which a cache is left out of', async () => {
    await onBottles().batchInsert(someBottles(100));
    const operations = onBottles();
    for (let i = 0; i < 12; i++) {
      await operations.batchGet(idsOf(someBottles(100)));
      await operations.batchUpdate(someBottles(100).map(({ id }) => ({ id, year: i })));
    }
    expect(await operations.getRecommendations()).toEqual([]);
    const metrics = new BatchMetrics();
    await cellar.db.transaction().execute(async (db) => {
      await read(new BatchOperations({ table: bottles, db, metrics }));
    });
    expect(metrics.observations.table('bottle')?.reads.keys).toBe(0);
  });
});
