import { Readable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type BatchConfig, BatchOperations } from '@uno/batch';
import { SyncRefusedError, type WriteEvent } from '@uno/domain';
import { sql } from 'kysely';
import { batchErrorOf, failureOf } from '../support/failure-of.js';
import { openTestContext, type TestContext } from '../support/test-context.js';
import { type Good, good, goodConstraints, goods, someGoods } from './support/goods.js';

const strategies = ['single_query', 'chunked', 'pipelined', 'optimistic'] as const;
const nothing = { inserted: 0, updated: 0, unchanged: 0, deleted: 0, skipped: 0, failed: 0, individually: 0 };

let test: TestContext;
let told: WriteEvent[];

beforeAll(async () => {
  test = await openTestContext([goods]);
  await test.run(goodConstraints);
  await test.run(`create function too_dear() returns trigger language plpgsql as $$ begin
    raise 'too dear' using errcode = 'check_violation'; end $$`);
  await test.run('create table sale (good integer not null references good (id))');
});
afterAll(() => test.close());
beforeEach(async () => {
  told = [];
  await test.run('truncate good, sale');
  await operationsOf().batchInsert([...someGoods(1, 6, 'A'), ...someGoods(11, 13, 'B')]);
  told.length = 0;
  test.statements.length = 0;
});

function operationsOf(config: BatchConfig = {}, db = test.db): BatchOperations<typeof goods> {
  const observers = [{ written: (event: WriteEvent) => void told.push(event) }];
  return new BatchOperations({ table: goods, db, config: { batchSize: 3, ...config }, observers });
}

async function stored(shop?: string): Promise<Good[]> {
  const keys = Array.from({ length: 40 }, (_, id) => id);
  const found = await operationsOf().batchGet(keys);
  return found.filter((one): one is Good => one !== undefined && (shop === undefined || one.shop === shop));
}

/** Four as they are, one changed, two that are new; 6 is missing. */
const source = [...someGoods(1, 4), good(5, 'A', 500), good(7), good(8)];

describe.each(strategies)('batchSync under %s', (strategy) => {
  it('makes the table equal to an array', async () => {
    const result = await operationsOf().batchSync(source, { strategy });
    expect(result).toEqual({
      ...nothing,
      total: 7,
      inserted: 2,
      updated: 1,
      unchanged: 4,
      deleted: 4,
      failures: [],
      dryRun: false,
    });
    expect(await stored()).toEqual(source);
  });

  it('makes the part that a filter finds equal to a stream, and leaves the rest alone', async () => {
    const result = await operationsOf().batchSync(Readable.from(source), { strategy, filters: { shop: 'A' } });
    expect(result).toMatchObject({ total: 7, inserted: 2, updated: 1, unchanged: 4, deleted: 1 });
    expect(await stored()).toEqual([...source, ...someGoods(11, 13, 'B')]);
  });

  it('says what became of every record', async () => {
    const { outcomes, deleted } = await operationsOf().batchSync(source, { strategy, outcomes: true });
    expect(outcomes.map(({ key, status }) => [key, status])).toEqual([
      ...[1, 2, 3, 4].map((id) => [String(id), 'unchanged']),
      ['5', 'updated'],
      ['7', 'inserted'],
      ['8', 'inserted'],
    ]);
    expect(deleted).toBe(4);
  });

  it('names a record that does not lie in the part, and writes nothing', async () => {
    const before = await stored();
    const records = [...source, good(20, 'B'), good(21, 'A')];
    const error = await batchErrorOf(operationsOf().batchSync(records, { strategy, filters: { shop: 'A' } }));
    expect(error).toMatchObject({ index: 7, key: '20' });
    expect(error.message).toContain('record 7 (key 20) does not lie in the part of the table that is synced');
    expect(await stored()).toEqual(before);
  });

  it('keeps the row of a record that is left out', async () => {
    const records = [good(1, 'A', -1), good(2), good(9, 'A', -1), { ...good(3), price: 'dear' as unknown as number }];
    const result = await operationsOf().batchSync(records, { strategy, filters: { shop: 'A' }, onRecordError: 'skip' });
    expect(result).toMatchObject({ total: 4, unchanged: 1, deleted: 3, failed: 3 });
    expect(result.failures.map(({ index, key }) => [index, key])).toEqual([
      [0, '1'],
      [2, '9'],
      [3, '3'],
    ]);
    expect(await stored('A')).toEqual([good(1), good(2), good(3)]);
  });

  it('gives up when a record that is left out does not say which row it stands for', async () => {
    const before = await stored();
    const records = [good(1), { ...good(2), id: 'two' as unknown as number }];
    const error = await batchErrorOf(operationsOf().batchSync(records, { strategy, onRecordError: 'skip' }));
    expect(error).toMatchObject({ index: 1, key: undefined });
    expect(await stored()).toEqual(before);
  });

  it('names the record at fault, and writes nothing', async () => {
    const before = await stored();
    const error = await batchErrorOf(operationsOf().batchSync([...source, good(9, 'A', -1)], { strategy }));
    expect(error).toMatchObject({ index: 7, key: '9', sqlstate: '23514' });
    expect(await stored()).toEqual(before);
  });

  it('names no record when a row cannot be deleted, and writes nothing', async () => {
    await test.run('insert into sale values (12)');
    const before = await stored();
    const error = await batchErrorOf(operationsOf().batchSync(source, { strategy }));
    expect(error).toMatchObject({ index: undefined, sqlstate: '23503', constraint: 'sale_good_fkey' });
    expect(await stored()).toEqual(before);
  });

  it('does everything in a dry run, and takes it back', async () => {
    const before = await stored();
    const result = await operationsOf().batchSync(source, { strategy, dryRun: true });
    expect(result).toMatchObject({ total: 7, inserted: 2, updated: 1, unchanged: 4, deleted: 4, dryRun: true });
    expect(await stored()).toEqual(before);
    expect(told).toEqual([]);
    expect(await operationsOf().batchSync(source, { strategy })).toEqual({ ...result, dryRun: false });
  });

  it('works in a transaction of the caller, which can go on and be rolled back', async () => {
    const before = await stored();
    const undone = test.db.transaction().execute(async (transaction) => {
      const operations = operationsOf({}, transaction);
      await failureOf(operations.batchSync([good(1, 'A', -1)], { strategy }));
      expect(await operations.batchSync(source, { strategy })).toMatchObject({ inserted: 2, deleted: 4 });
      expect(await operations.batchSync(source, { strategy })).toMatchObject({ unchanged: 7, deleted: 0 });
      expect(await operations.batchSync([good(1)], { strategy, dryRun: true })).toMatchObject({ deleted: 6 });
      expect(await operations.batchGet([7, 6])).toEqual([good(7), undefined]);
      throw new Error('undo');
    });
    await expect(undone).rejects.toThrow('undo');
    expect(await stored()).toEqual(before);
    expect(told).toEqual([]);
  });

  it('counts records of one key as one, and the others as skipped', async () => {
    const records = [good(1), good(1, 'A', 7), good(1, 'A', 9)];
    const result = await operationsOf().batchSync(records, { strategy });
    if (strategy !== 'pipelined') expect(result).toMatchObject({ total: 3, updated: 1, skipped: 2, deleted: 8 });
    expect(await stored()).toEqual([good(1, 'A', 9)]);
  });

  it('gives a unique value of a row that is missing to a record of another key', async () => {
    const renamed = { ...good(7), name: 'good 6' };
    const refused = { ...good(8), price: -1 };
    const records = [...someGoods(1, 3), renamed, good(4), refused];
    const options = { strategy, filters: { shop: 'A' }, onRecordError: 'skip' } as const;
    const result = await operationsOf().batchSync(records, options);
    expect(result).toMatchObject({ total: 6, inserted: 1, unchanged: 4, deleted: 2, failed: 1 });
    expect(await stored('A')).toEqual([...someGoods(1, 4), renamed]);
  });

  it('names a record whose unique value is that of another record, or of a row outside of the part', async () => {
    await test.run(`insert into good values (20, 'A', 'taken', null)`);
    const before = await stored();
    for (const name of ['good 1', 'taken']) {
      const records = [good(1), { ...good(7), name }, good(2)];
      const options = { strategy, filters: { price: { gte: 0 } } } as const;
      expect(await batchErrorOf(operationsOf().batchSync(records, options))).toMatchObject({
        index: 1,
        sqlstate: '23505',
      });
      expect(await stored()).toEqual(before);
    }
  });

  it('refuses an empty source', async () => {
    for (const empty of [[], Readable.from([])]) {
      const error = await failureOf(operationsOf().batchSync(empty, { strategy }), SyncRefusedError);
      expect(error).toMatchObject({ code: 'UNO_SYNC_REFUSED', retry: 'never', entity: 'Good' });
      expect(error.message).toContain('allowEmpty');
    }
    expect(await stored()).toHaveLength(9);
  });

  it('takes an empty source at its word where that is allowed', async () => {
    const options = { strategy, allowEmpty: true, filters: { shop: 'B' } } as const;
    expect(await operationsOf().batchSync([], options)).toMatchObject({ total: 0, deleted: 3 });
    expect(await operationsOf().batchSync(Readable.from([]), { strategy, allowEmpty: true })).toMatchObject({
      total: 0,
      deleted: 6,
    });
    expect(await stored()).toEqual([]);
  });
});

describe('batchSync', () => {
  it('deletes as many rows as it may, and no more', async () => {
    const before = await stored();
    const error = await failureOf(operationsOf().batchSync(source, { maxDeletions: 3 }), SyncRefusedError);
    expect(error).toMatchObject({ deletions: 4, maxDeletions: 3 });
    expect(error.message).toContain('4 rows are missing in its source and would be deleted, and maxDeletions allows 3');
    expect(await stored()).toEqual(before);
    expect(await operationsOf().batchSync(source, { maxDeletions: 4 })).toMatchObject({ deleted: 4 });
  });

  it('takes the limit as a fraction of the rows that the part had before', async () => {
    const half = { filters: { shop: 'A' }, maxDeletions: { fraction: 0.5 } } as const;
    const error = await failureOf(operationsOf().batchSync([good(1), good(2), good(7)], half), SyncRefusedError);
    expect(error).toMatchObject({ deletions: 4, maxDeletions: 3 });
    expect(await operationsOf().batchSync(someGoods(1, 3), half)).toMatchObject({ deleted: 3 });
  });

  it('deletes nothing where nothing may be deleted', async () => {
    await failureOf(operationsOf().batchSync(source, { maxDeletions: 0 }), SyncRefusedError);
    const all = [...someGoods(1, 6), ...someGoods(11, 14, 'B')];
    expect(await operationsOf().batchSync(all, { maxDeletions: 0 })).toMatchObject({ inserted: 1, deleted: 0 });
  });

  it('refuses a source of which preProcess leaves nothing', async () => {
    const operations = operationsOf({ preProcess: () => null });
    await failureOf(operations.batchSync(source), SyncRefusedError);
    expect(await stored()).toHaveLength(9);
  });

  it('moves a row into the part that a record says is there', async () => {
    const result = await operationsOf().batchSync([good(1), good(11, 'A')], { filters: { shop: 'A' } });
    expect(result).toMatchObject({ total: 2, updated: 1, unchanged: 1, deleted: 5 });
    expect(await stored()).toEqual([good(1), good(11, 'A'), good(12, 'B'), good(13, 'B')]);
  });

  it('takes no row into the part where the fields of the filter are not among updateColumns', async () => {
    const options = { filters: { shop: 'A' }, updateColumns: ['price'] } as const;
    const error = await batchErrorOf(operationsOf().batchSync([good(1), good(11, 'A', 5)], options));
    expect(error).toMatchObject({ index: 1, key: '11' });
    expect(await stored()).toContainEqual(good(11, 'B'));
  });

  it('sees a row for which the filter is NULL as one that does not lie in the part', async () => {
    const error = await batchErrorOf(
      operationsOf().batchSync([good(1), good(2, 'A', null)], { filters: { price: { gte: 0 } } }),
    );
    expect(error).toMatchObject({ index: 1, key: '2' });
  });

  it('tells the observers of what it wrote and deleted, once', async () => {
    await operationsOf().batchSync(source);
    expect(told).toHaveLength(1);
    expect(told[0]).toMatchObject({ kind: 'sync', outcome: 'committed' });
    expect([...(told[0]?.keys ?? [])].sort()).toEqual(['11', '12', '13', '5', '6', '7', '8']);
  });

  it('sends two statements a chunk, and some that do not depend on the number of records', async () => {
    const sent = async (count: number) => {
      await operationsOf().batchSync([good(1)]);
      test.statements.length = 0;
      await operationsOf({ batchSize: 10 }).batchSync(someGoods(100, 99 + count));
      return test.statements.filter((text) => !/savepoint/.test(text)).length;
    };
    const few = await sent(10);
    expect((await sent(100)) - few).toBe(2 * 9);
    expect(few).toBeLessThan(12);
  });

  it('leaves no table behind, not even in a transaction that goes on', async () => {
    const left = `do $$ begin if exists (select from pg_class where relname like 'uno_sync%') then raise 'left'; end if; end $$`;
    await test.db.transaction().execute(async (transaction) => {
      await operationsOf({}, transaction).batchSync(source);
      await sql.raw(left).execute(transaction);
    });
    await operationsOf().batchSync(source);
    await test.run(left);
  });

  it('cannot give a unique value of a row that is missing to a record of a stream, which is gone by then', async () => {
    const records = Readable.from([good(1), { ...good(7), name: 'good 6' }]);
    const error = await batchErrorOf(operationsOf().batchSync(records));
    expect(error).toMatchObject({ index: 1, sqlstate: '23505' });
  });

  it('checks in a dry run what COMMIT would check, and names the record', async () => {
    await test.run(`create constraint trigger cheap after insert or update on good deferrable initially deferred
      for each row when (new.price > 900) execute function too_dear()`);
    try {
      const records = [good(1), good(2, 'A', 1000), good(3)];
      const error = await batchErrorOf(operationsOf().batchSync(records, { dryRun: true }));
      expect(error).toMatchObject({ index: 1, key: '2', sqlstate: '23514' });
      expect(await batchErrorOf(operationsOf().batchSync(records))).toMatchObject({ index: 1, key: '2' });
    } finally {
      await test.run('drop trigger cheap on good');
    }
  });

  it('is chunked where parallel is configured', async () => {
    expect(await operationsOf({ executionStrategy: 'parallel' }).batchSync(source)).toMatchObject({ deleted: 4 });
  });

  it('deletes what others have committed while it read its source, and keeps what they commit later', async () => {
    await test.db.transaction().execute(async (others) => {
      await operationsOf({}, others).batchInsert([good(31)]);
      async function* reading() {
        yield good(1);
        await operationsOf().batchInsert([good(30)]);
      }
      expect(await operationsOf({ batchSize: 1 }).batchSync(reading())).toMatchObject({ deleted: 9 });
    });
    expect(await stored()).toEqual([good(1), good(31)]);
  });
});
