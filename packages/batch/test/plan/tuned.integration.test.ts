import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type BatchConfig, BatchOperations, describePlan } from '@uno/batch';
import { type Crates, crates, makeCrates } from './support/planned-calls.js';
import { openWatchedPool, type WatchedPool } from './support/watched-pool.js';

let pool: WatchedPool;

beforeAll(async () => {
  pool = await openWatchedPool(makeCrates);
});
afterAll(() => pool.close());

function operationsWith(config: BatchConfig = {}): Crates {
  return new BatchOperations({ table: crates, db: pool.db, config });
}

const records = Array.from({ length: 40 }, (_, i) => ({ label: `crate ${i}` }));

describe('the plan of sizes that are found out', () => {
  it('has the size that the call would begin with, and says that it may be another later on', async () => {
    const { plan } = operationsWith({ optimizeForSize: { targetMs: 800, maxSize: 15, maxBytes: 900_000 } });
    const planned = await plan.batchInsert(records);
    expect(planned.chunks).toMatchObject({ count: 3, sizes: [15, 15, 10] });
    expect(planned.chunks.cutBy).toBe('optimizeForSize: 1 to 15 records, 800 ms and 900000 bytes at most');
    expect(planned.notes).toContain(
      'optimizeForSize goes on by the measured time: the sizes are those to begin with, and other numbers follow from them.',
    );
    expect(planned.onFailure.says.join(' ')).toContain('is done in smaller pieces in the same transaction');
    expect(describePlan(planned)).toContain('3, by optimizeForSize: 1 to 15 records');
  });

  it('is that of wide records where they are wide', async () => {
    const { plan } = operationsWith();
    const label = 'x'.repeat(100_000);
    const wide = records.map((record) => ({ ...record, label }));
    const optimizeForSize = { maxBytes: 1_000_000 };
    expect((await plan.batchInsert(wide, { optimizeForSize })).chunks.sizes).toEqual([10, 10, 10, 10]);
    expect((await plan.batchInsert(records, { optimizeForSize })).chunks.sizes).toEqual([40]);
  });

  it('says nothing of it where a size is said', async () => {
    const planned = await operationsWith({ optimizeForSize: true }).plan.batchInsert(records, { batchSize: 20 });
    expect(planned.chunks).toMatchObject({ sizes: [20, 20], cutBy: 'batchSize: 20' });
    expect(planned.notes).toEqual([]);
    expect(planned.onFailure.says.join(' ')).not.toContain('smaller pieces');
  });

  it('promises no pieces of a read in the transaction of the caller', async () => {
    await pool.db.transaction().execute(async (db) => {
      const { plan } = new BatchOperations({ table: crates, db, config: { optimizeForSize: true } });
      expect((await plan.batchGet([1, 2])).onFailure.says.join(' ')).not.toContain('smaller pieces');
      expect((await plan.batchDelete([1, 2])).onFailure.says.join(' ')).toContain('smaller pieces');
    });
  });
});
