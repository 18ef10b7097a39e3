import { afterAll, beforeAll, describe, it } from '@jest/globals';
import { BatchOperations, type BatchPlan } from '@uno/batch';
import fc from 'fast-check';
import { strategies } from '../engine/support/strategies.js';
import { expectTrue } from './support/expect-true.js';
import { crates, makeCrates, tenCrates } from './support/planned-calls.js';
import { openWatchedPool, type WatchedPool } from './support/watched-pool.js';

let pool: WatchedPool;

beforeAll(async () => {
  pool = await openWatchedPool(makeCrates);
});

afterAll(async () => {
  await pool.close();
});

const key = fc.integer({ min: 1, max: 14 });
const more = fc.record(
  { weight: fc.option(fc.integer({ min: 0, max: 9 })), place: fc.constantFrom('dock', 'yard') },
  { requiredKeys: [] },
);
const keys = fc.array(key, { maxLength: 12 });
const patches = fc.array(
  fc.tuple(key, more).map(([id, values]) => ({ id, ...values })),
  { maxLength: 12 },
);
/** A label of its own for each key, so that no other constraint is in the way. */
const records = patches.map((all) => all.map((one) => ({ ...one, label: `label of ${one.id}` })));
const newRecords = records.map((all) => all.map(({ id: _, ...one }, i) => ({ ...one, label: `new ${i}` })));

const way = fc.record(
  {
    strategy: fc.constantFrom(...strategies),
    batchSize: fc.integer({ min: 1, max: 6 }),
    onRecordError: fc.constantFrom('abort', 'skip'),
    byChunk: fc.boolean(),
  },
  { requiredKeys: ['batchSize'] },
);
const detail = fc.constantFrom({}, { outcomes: true }, { returnModels: true });

/** Plans a call, does it, and compares; in a transaction of the caller, or not. */
async function compare(
  isJoined: boolean,
  batchSize: number,
  plan: (operations: BatchOperations<typeof crates>) => Promise<BatchPlan>,
  call: (operations: BatchOperations<typeof crates>) => Promise<unknown>,
): Promise<void> {
  await pool.run(tenCrates);
  const on = async (db: typeof pool.db) => {
    const operations = new BatchOperations({ table: crates, db, config: { batchSize } });
    const planned = await plan(operations);
    expectTrue(planned, await pool.watch(() => call(operations)));
  };
  await (isJoined ? pool.db.transaction().execute(on) : on(pool.db));
}

/** The options of a call; what the types do not see is that `parallel` is not all or nothing. */
function optionsOf({ byChunk, batchSize: _, ...said }: { byChunk?: boolean; batchSize: number }): object {
  return byChunk ? { ...said, atomicity: 'chunk' } : said;
}

describe('a plan', () => {
  it('is what is sent by an insert', async () => {
    await fc.assert(
      fc.asyncProperty(newRecords, way, detail, fc.boolean(), async (given, said, wanted, isJoined) => {
        const options = { ...optionsOf(said), ...wanted } as object as { readonly returnModels: true };
        await compare(
          isJoined,
          said.batchSize,
          ({ plan }) => plan.batchInsert(given, options),
          (one) => one.batchInsert(given, options),
        );
      }),
      { numRuns: 60 },
    );
  });

  it('is what is sent by an update', async () => {
    await fc.assert(
      fc.asyncProperty(patches, way, fc.boolean(), fc.boolean(), async (given, said, outcomes, isJoined) => {
        const options = { ...optionsOf(said), outcomes } as object as { readonly outcomes: true };
        await compare(
          isJoined,
          said.batchSize,
          ({ plan }) => plan.batchUpdate(given, options),
          (one) => one.batchUpdate(given, options),
        );
      }),
      { numRuns: 60 },
    );
  });

  it('is what is sent by an upsert', async () => {
    await fc.assert(
      fc.asyncProperty(records, way, detail, fc.boolean(), async (given, said, wanted, isJoined) => {
        const options = { ...optionsOf(said), ...wanted } as object as { readonly returnModels: true };
        await compare(
          isJoined,
          said.batchSize,
          ({ plan }) => plan.batchUpsert(given, options),
          (one) => one.batchUpsert(given, options),
        );
      }),
      { numRuns: 60 },
    );
  });

  it('is what is sent by a delete', async () => {
    await fc.assert(
      fc.asyncProperty(keys, way, detail, fc.boolean(), async (given, said, wanted, isJoined) => {
        const options = { ...optionsOf(said), ...wanted } as object as { readonly returnModels: true };
        await compare(
          isJoined,
          said.batchSize,
          ({ plan }) => plan.batchDelete(given, options),
          (one) => one.batchDelete(given, options),
        );
      }),
      { numRuns: 60 },
    );
  });
});
