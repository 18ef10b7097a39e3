import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type BatchConfig, BatchOperations } from '@uno/batch';
import { ResourceError, StatementTimeoutError } from '@uno/postgres';
import { load, range } from '../failure/support/load.js';
import { crates, openYard, through, type Yard } from '../failure/support/yard.js';
import { batchErrorOf, failureOf } from '../support/failure-of.js';

let yard: Yard;

beforeAll(async () => {
  yard = await openYard({ max: 3, settings: '-c statement_timeout=700' });
  // More than `most` records in a statement are too much, in the way that `how` says.
  await yard.run(`
    create table capacity (most int, how text);
    insert into capacity values (0, '');
    create function refuse_many() returns trigger language plpgsql as $$
      declare capacity record;
      begin
        select * into capacity from capacity;
        if (select count(*) from written) > capacity.most then
          if capacity.how = 'slow' then perform pg_sleep(60);
          else raise exception 'no room' using errcode = capacity.how;
          end if;
        end if;
        return null;
      end
    $$;
    create trigger refuse_many after insert on crate referencing new table as written for each statement
      execute function refuse_many()`);
});
afterAll(() => yard.close());

async function capacityOf(most: number, how: string): Promise<void> {
  await yard.run(`update capacity set most = ${most}, how = '${how}'`);
}
beforeEach(() => yard.reset());

function operationsWith(config: BatchConfig = {}, db: Yard['db'] = yard.db): BatchOperations<typeof crates> {
  return new BatchOperations({ table: crates, db, config: { optimizeForSize: true, retryCount: 0, ...config } });
}

async function ids(): Promise<number[]> {
  return (await yard.rows()).map(({ id }) => id);
}

describe('a chunk that is too much for the server', () => {
  it.each(['chunked', 'parallel', 'pipelined'] as const)(
    'is done in smaller pieces, every record once (%s)',
    async (strategy) => {
      await capacityOf(150, '53200');
      const operations = operationsWith({ executionStrategy: strategy });
      const result = await operations.batchInsert(load(1_000), { outcomes: true });
      expect(result).toMatchObject({ total: 1_000, inserted: 1_000, failed: 0, individually: 0 });
      expect(result.outcomes.map(({ index, key }) => [index, key])).toEqual(range(0, 999).map((i) => [i, `${i + 1}`]));
      expect(await ids()).toEqual(range(1, 1_000));
    },
  );

  it('makes those after it smaller, and is told of', async () => {
    await capacityOf(150, '53200');
    const operations = operationsWith({ optimizeForSize: { maxSize: 400 } });
    await operations.batchInsert(load(2_000));
    const { chunkSize, retriesBySqlstate, resizesByReason } = operations.getMetrics().total;
    // The second chunk was cut before the first one came back, and is not tried as a whole any more.
    expect(chunkSize).toMatchObject({ max: 400, p50: 100 });
    expect(retriesBySqlstate).toEqual({ '53200': 1 });
    expect(resizesByReason).toMatchObject({ 'too much at once': 1 });
    expect(await ids()).toEqual(range(1, 2_000));
  });

  it('is what a statement_timeout of the server ends, too', async () => {
    await capacityOf(150, 'slow');
    const operations = operationsWith({ optimizeForSize: { maxSize: 500 } });
    expect(await operations.batchInsert(load(900))).toMatchObject({ inserted: 900 });
    expect(operations.getMetrics().total.retriesBySqlstate).toEqual({ '57014': 1 });
    expect(await ids()).toEqual(range(1, 900));
  });

  it('is one of a stream, whose transaction could not be repeated', async () => {
    await capacityOf(100, '53200');
    const result = await operationsWith().batchInsert(load(700).values());
    expect(result).toMatchObject({ total: 700, inserted: 700 });
    expect(await ids()).toEqual(range(1, 700));
  });

  it('leaves the transaction of the caller usable', async () => {
    await capacityOf(100, '53200');
    await yard.db.transaction().execute(async (transaction) => {
      await operationsWith({}, transaction).batchInsert(load(700));
      await through(transaction, 'insert into crate (id, weight) values (1000, 1)');
    });
    expect(await ids()).toEqual([...range(1, 700), 1_000]);
  });

  it.each(['abort', 'skip'] as const)('does not hide the record at fault (%s)', async (onRecordError) => {
    await capacityOf(100, '53200');
    const bad = [333];
    const call = operationsWith().batchInsert(load(700, bad), { onRecordError });
    if (onRecordError === 'abort') {
      expect(await batchErrorOf(call)).toMatchObject({ index: 333, key: '334', constraint: 'unlucky' });
      expect(await ids()).toEqual([]);
    } else {
      expect((await call).failures.map(({ index }) => index)).toEqual(bad);
      expect(await ids()).toEqual(range(1, 700).filter((id) => id !== 334));
    }
  });

  it('is given up as a whole when a small part of it fails in the same way', async () => {
    await capacityOf(0, '53200');
    const operations = operationsWith();
    const failure = await failureOf(operations.batchInsert(load(1_000)), ResourceError);
    expect(failure.sqlstate).toBe('53200');
    // 1000, 250, 62 and 15 were tried, and 3 was the last.
    expect(operations.getMetrics().total.retriesBySqlstate).toEqual({ '53200': 4 });
    expect(await ids()).toEqual([]);
  });

  it('is no reason for smaller ones where their size is fixed', async () => {
    await capacityOf(100, 'slow');
    const operations = operationsWith({ optimizeForSize: false, batchSize: 200 });
    await failureOf(operations.batchInsert(load(300)), StatementTimeoutError);
    expect(operations.getMetrics().total.retries).toBe(0);
  });

  it('ends a call that only reads in the transaction of the caller, which has ended, too', async () => {
    const call = yard.db.transaction().execute(async (transaction) => {
      await through(transaction, 'set local statement_timeout = 1');
      const operations = operationsWith({ optimizeForSize: { minSize: 100_000 } }, transaction);
      await operations.batchGet(range(1, 200_000)).finally(() => {
        expect(operations.getMetrics().total.retries).toBe(0);
      });
    });
    await failureOf(call, StatementTimeoutError);
  });
});
