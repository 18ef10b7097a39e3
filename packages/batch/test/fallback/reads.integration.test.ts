import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BatchOperations } from '@uno/batch';
import { type BatchProgress, column, mapEntity } from '@uno/domain';
import { type Kysely, sql } from 'kysely';
import { KeepingLogger } from '../metrics/support/keeping-logger.js';
import { openTestContext, type TestContext } from '../support/test-context.js';

/** Found by a text, and so by a join with the keys. */
class Label {
  id!: string;
  grams!: number;
}
const labels = mapEntity(Label, { table: 'label', columns: { id: column.text(), grams: column.integer() } });

let test: TestContext;
const thirty = Array.from({ length: 30 }, (_, i) => ({ id: `label ${100 + i}`, grams: i }));
const ids = [...thirty.map(({ id }) => id), 'label 7', 'label 100'];

beforeAll(async () => {
  test = await openTestContext([labels]);
  await new BatchOperations({ table: labels, db: test.db }).batchInsert(thirty);
  // An unnest that does not work for the numbers of one chunk, and is found before PostgreSQL's own.
  await test.run('create schema shadow');
  await test.run(`create function shadow.unnest(words text[]) returns setof text language plpgsql as $$
    begin
      if 'label 115' = any(words) then raise exception 'no unnest here' using errcode = '42883'; end if;
      return query select * from pg_catalog.unnest(words);
    end $$`);
});
afterAll(() => test.close());

/** Runs something on a connection that finds the other unnest. */
function shadowed<T>(db: Kysely<unknown>, run: (db: Kysely<unknown>) => Promise<T>): Promise<T> {
  return db.connection().execute(async (connection) => {
    await sql`set search_path = shadow, pg_catalog, public`.execute(connection);
    try {
      return await run(connection);
    } finally {
      await sql`reset search_path`.execute(connection);
    }
  });
}

describe('batchGet, when one chunk of keys is refused', () => {
  it('reads that one by one, in the order of the keys, and says so', async () => {
    const expected = await new BatchOperations({ table: labels, db: test.db }).batchGet(ids);
    const logger = new KeepingLogger();
    const told: BatchProgress[] = [];
    await shadowed(test.db, async (db) => {
      const operations = new BatchOperations({ table: labels, db, config: { batchSize: 10, logger } });
      expect(await operations.batchGet(ids, { onProgress: (progress) => told.push(progress) })).toEqual(expected);
      expect(operations.getMetrics().total).toMatchObject({
        fallbacks: 1,
        recordsIndividually: 10,
        recordsSuccessful: 32,
      });
    });
    expect(told.map(({ processed, individually }) => [processed, individually])).toEqual([
      [10, 0],
      [20, 10],
      [30, 10],
      [32, 10],
    ]);
    expect(logger.lines).toMatchObject([
      { level: 'warn', context: { operation: 'batchGet', records: 10, sqlstate: '42883' } },
    ]);
  });

  it('throws why in a transaction of the caller, which that has ended', async () => {
    const run = shadowed(test.db, (db) =>
      db.transaction().execute(async (transaction) => {
        const operations = new BatchOperations({ table: labels, db: transaction, config: { batchSize: 10 } });
        test.statements.length = 0;
        await operations.batchGet(ids);
      }),
    );
    await expect(run).rejects.toMatchObject({ code: 'UNO_STATEMENT', sqlstate: '42883' });
    expect(test.statements.filter((text) => text.startsWith('select u.ord'))).toHaveLength(2);
  });
});
