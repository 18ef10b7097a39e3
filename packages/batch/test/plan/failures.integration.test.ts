import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type BatchConfig, BatchOperations } from '@uno/batch';
import { BatchError } from '@uno/domain';
import { batchErrorOf, failureOf } from '../support/failure-of.js';
import { type Crates, crates, makeCrates, tenCrates } from './support/planned-calls.js';
import { openWatchedPool, type WatchedPool } from './support/watched-pool.js';

let pool: WatchedPool;

beforeAll(async () => {
  pool = await openWatchedPool(makeCrates);
});

afterAll(async () => {
  await pool.close();
});

beforeEach(async () => {
  await pool.run(tenCrates);
});

function operationsWith(config: BatchConfig = {}): Crates {
  return new BatchOperations({ table: crates, db: pool.db, config });
}

/** Records of which one has a label that is taken. */
function recordsWith(count: number, bad: number): { label: string }[] {
  return Array.from({ length: count }, (_, i) => ({ label: i === bad ? 'crate 1' : `new ${i}` }));
}

const sizes = [1, 2, 3, 5, 8, 16];

describe('the search for a record at fault', () => {
  it.each(sizes)('takes no more attempts than planned among %s', async (count) => {
    const operations = operationsWith();
    for (let bad = 0; bad < count; bad++) {
      for (const onRecordError of ['abort', 'skip'] as const) {
        const records = recordsWith(count, bad);
        const { onFailure } = await operations.plan.batchInsert(records, { onRecordError });
        const watched = await pool.watch(() =>
          operations.batchInsert(records, { onRecordError }).catch(() => undefined),
        );
        const inserts = [...watched.statements].reduce((sum, [, times]) => sum + times, 0);
        expect(onFailure.search).toBe('halving');
        expect(inserts - 1).toBeLessThanOrEqual(onFailure.mostAttempts ?? Number.NaN);
        await pool.run(tenCrates);
      }
    }
  });

  it.each([
    ['abort', 0],
    ['skip', 2],
  ] as const)('is not needed under %s where PostgreSQL names it', async (onRecordError, most) => {
    const sets = recordsWith(8, 5).map(({ label }) => [label]);
    const sql = 'insert into crate (label) values ($1)';
    const operations = operationsWith();
    const { onFailure } = await operations.plan.batchExecuteSql(sql, sets, { onRecordError });
    expect(onFailure).toMatchObject({ search: 'PostgreSQL names it', mostAttempts: most });
    const watched = await pool.watch(() =>
      operations.batchExecuteSql(sql, sets, { onRecordError }).catch(() => undefined),
    );
    expect((watched.statements.get(sql) ?? 0) - 1).toBeLessThanOrEqual(most);
  });
});

describe('what is planned for a failure', () => {
  const records = recordsWith(9, 7);

  it('is that everything is rolled back', async () => {
    const operations = operationsWith({ batchSize: 3 });
    const { onFailure } = await operations.plan.batchInsert(records);
    expect(onFailure).toMatchObject({ rollsBack: 'everything', onRecordError: 'abort', maxFailures: 0 });
    const error = await batchErrorOf(operations.batchInsert(records));
    expect([error.index, error.written.size]).toEqual([7, 0]);
  });

  it('is that the chunks before stay', async () => {
    const operations = operationsWith({ batchSize: 3 });
    const { onFailure } = await operations.plan.batchInsert(records, { atomicity: 'chunk' });
    expect(onFailure).toMatchObject({ rollsBack: 'the chunk', retries: { unit: 'the chunk', most: 3 } });
    const error = await batchErrorOf(operations.batchInsert(records, { atomicity: 'chunk' }));
    expect(String(error.written)).toBe('0-5');
    expect(onFailure.says.join('\n')).toContain('BatchError.written');
  });

  it('is that records are left out', async () => {
    const options = { onRecordError: 'skip', maxFailures: 3 } as const;
    const { onFailure } = await operationsWith().plan.batchInsert(records, options);
    expect(onFailure).toMatchObject({ onRecordError: 'skip', maxFailures: 3 });
    expect(onFailure.says[0]).toContain('more than 3 of them end the call');
    const unlimited = await operationsWith().plan.batchInsert(records, { onRecordError: 'skip' });
    expect(unlimited.onFailure.maxFailures).toBeNull();
  });

  it('is that nothing is repeated where only the caller could', async () => {
    await pool.db.transaction().execute(async (trx) => {
      const { plan } = new BatchOperations({ table: crates, db: trx });
      const { onFailure } = await plan.batchInsert(records);
      expect(onFailure.retries).toEqual({ most: 0, unit: 'nothing', codes: [] });
      expect(onFailure.says.join('\n')).toContain("the caller's transaction can go on");
    });
  });

  it('is that nothing of a stream is repeated under all, as its records are gone', async () => {
    const { plan } = operationsWith();
    expect((await plan.batchInsert(new Set(records))).onFailure.retries.most).toBe(0);
    const byChunk = await plan.batchInsert(new Set(records), { atomicity: 'chunk' });
    expect(byChunk.onFailure.retries).toMatchObject({ most: 3, unit: 'the chunk' });
    const whole = await plan.batchInsert(new Set(records), { strategy: 'single_query' });
    expect(whole.onFailure.retries).toMatchObject({ most: 3, unit: 'the call' });
  });

  it('is that nothing is repeated where nothing is to be', async () => {
    const { onFailure } = await operationsWith({ retryCount: 0 }).plan.batchInsert(records);
    expect(onFailure.retries.most).toBe(0);
  });

  it('is that what comes to the same is done again when nobody knows of its COMMIT', async () => {
    const { plan } = operationsWith();
    const patches = [{ id: 1, weight: 1 }];
    expect((await plan.batchUpdate(patches)).onFailure.retries.codes).toContain('UNO_COMMIT_UNKNOWN');
    const added = await plan.batchUpdate(patches, { increment: ['weight'] });
    expect(added.onFailure.retries.codes).not.toContain('UNO_COMMIT_UNKNOWN');
    expect(added.onFailure.says.join('\n')).toContain('CommitUnknownError');
    const told = await plan.batchExecuteSql('select 1', [[]], { idempotent: true });
    expect(told.onFailure.retries.codes).toContain('UNO_COMMIT_UNKNOWN');
  });

  it('is that reading writes nothing', async () => {
    const { onFailure } = await operationsWith().plan.batchGet([1, 2]);
    expect(onFailure).toMatchObject({ rollsBack: 'nothing', search: 'none', mostAttempts: 0, fallsBack: true });
  });

  it('is that optimistic begins all over again', async () => {
    const { plan } = operationsWith({ batchSize: 4 });
    const { onFailure } = await plan.batchInsert(records, { strategy: 'optimistic', onRecordError: 'skip' });
    expect(onFailure.says.at(-1)).toBe(
      'When everything at once is too much for the server, or a record is to be left out, all of it is done again in chunks of up to 4 records.',
    );
  });
});

describe('a search that cannot be foreseen', () => {
  it('is told without a number', async () => {
    const { plan } = operationsWith();
    const upserted = await plan.batchUpsert([1, 1].map((id) => ({ id, label: 'a' })));
    expect(upserted.onFailure).toMatchObject({ search: 'halving', mostAttempts: null });
    const updated = await plan.batchUpdate([1, 2].map((id) => ({ id, label: `${id}` })));
    expect(updated.onFailure.mostAttempts).toBeNull();
    expect(updated.onFailure.says.join('\n')).toContain('may only exchange them');
  });
});

describe('a plan that fails', () => {
  it('says that nothing is written', async () => {
    const error = await failureOf(
      operationsWith().plan.batchDelete(['x' as unknown as number], { atomicity: 'chunk' }),
    );
    expect(error).toBeInstanceOf(BatchError);
    expect((error as BatchError).written.size).toBe(0);
  });
});
