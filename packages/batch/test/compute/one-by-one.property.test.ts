import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BatchOperations, type BatchWriteBackOptions } from '@uno/batch';
import { BatchError, type RecordPatch, UnoDBRepository } from '@uno/domain';
import { executeTextSql } from '@uno/postgres';
import fc from 'fast-check';
import { sql } from 'kysely';
import { strategies } from '../engine/support/strategies.js';
import { type Sample, samples } from '../support/sample.js';
import { goodRecords, keys, patches } from '../support/sample-arbitrary.js';
import { openTestContext, type TestContext } from '../support/test-context.js';

type Patch = Omit<RecordPatch<typeof samples>, 'id'>;
type Options = BatchWriteBackOptions<typeof samples>;

let batch: TestContext;
let single: TestContext;

beforeAll(async () => {
  [batch, single] = await Promise.all([openTestContext([samples]), openTestContext([samples])]);
  const check = `alter table "Odd schema"."sample ""of"" types" add constraint unlucky check (count <> 13)`;
  await Promise.all([batch.run(check), single.run(check)]);
});

afterAll(async () => {
  await Promise.all([batch.close(), single.close()]);
});

async function rowsOf({ db }: TestContext): Promise<unknown> {
  const { rows } = await executeTextSql(db, sql`select * from "Odd schema"."sample ""of"" types" order by id`);
  return rows;
}

/** What is computed: of rows of some ids nothing, of some a failure. Which values are unique is for PostgreSQL to order. */
const changes = fc.tuple(patches, fc.uniqueArray(fc.nat(12), { maxLength: 2 })).map(([all, failing]) => {
  const byId = new Map<number, Patch | 'throws' | null>(all.map(({ id, tag: _, ...patch }) => [id, patch]));
  for (const id of failing) byId.set(id, id % 2 === 0 ? 'throws' : null);
  return byId;
});

const ways: fc.Arbitrary<Omit<Options, 'writeBack' | 'outcomes' | 'returnResults'>> = fc
  .record({
    batchSize: fc.integer({ min: 1, max: 5 }),
    strategy: fc.constantFrom(...strategies),
    atomicity: fc.constantFrom('all', 'chunk'),
    lock: fc.boolean(),
    onRecordError: fc.constantFrom('abort', 'skip'),
    concurrency: fc.integer({ min: 1, max: 4 }),
  })
  .filter(({ strategy, atomicity }) => strategy !== 'parallel' || atomicity === 'chunk');

const sources = fc.oneof(
  keys.map((some) => ({ keys: [...new Set(some)] })),
  fc.constantFrom({ filters: {} }, { filters: { id: { gt: 4 } } }),
);

/** Reads, computes and updates one record after the other; gives the positions of those that failed. */
async function oneByOne(ids: readonly number[], compute: (sample: Sample) => Patch | null): Promise<number[]> {
  const repository = new UnoDBRepository(single.context({ batch: false }), samples);
  const failed: number[] = [];
  for (const [index, id] of ids.entries()) {
    try {
      const [sample] = await repository.batchGet([id], { onMissing: 'omit' });
      const patch = sample && compute(sample);
      if (patch) await repository.batchUpdate([{ ...patch, id }]);
    } catch {
      failed.push(index);
    }
  }
  return failed;
}

describe('computing and writing back', () => {
  it('comes to the same as reading, computing and updating one by one', async () => {
    await fc.assert(
      fc.asyncProperty(goodRecords, changes, sources, ways, async (rows, byId, source, way) => {
        for (const context of [batch, single]) {
          await context.run('truncate "Odd schema"."sample ""of"" types"');
          const operations = new BatchOperations({ table: samples, db: context.db });
          await operations.batchInsert(rows.map(({ tag: _, ...row }) => row));
        }
        const before = await rowsOf(batch);
        const compute = ({ id }: Sample): Patch | null => {
          const change = byId.get(id) ?? null;
          if (change === 'throws') throw new Error('mine');
          return change;
        };
        const inTable = rows.map(({ id }) => id).sort((a, b) => a - b);
        const least = 'filters' in source && 'id' in source.filters ? 5 : 0;
        const ids = 'keys' in source ? source.keys : inTable.filter((id) => id >= least);
        const skips = way.onRecordError === 'skip';

        const failed = await oneByOne(ids, compute);
        const operations = new BatchOperations({ table: samples, db: batch.db });
        const outcome = await operations
          .batchCompute(source, (sample) => (sample.id % 3 === 0 ? compute(sample) : settled(() => compute(sample))), {
            ...way,
            writeBack: true,
            outcomes: true,
          })
          .catch((error: unknown) => error);
        if (failed.length > 0 && !skips) {
          if (!(outcome instanceof BatchError)) throw outcome;
          expect(failed).toContain(outcome.index);
          // What throws is found before its chunk is written; side by side, another chunk may fail first.
          const throws = failed.some((index) => byId.get(ids[index] ?? -1) === 'throws');
          if (!throws && way.strategy !== 'parallel') expect(outcome.index).toBe(failed[0]);
          if (way.atomicity === 'all') expect(await rowsOf(batch)).toEqual(before);
          return;
        }
        expect(outcome).toMatchObject({ total: ids.length, failed: failed.length });
        expect(outcome).toHaveProperty(
          'outcomes',
          ids.map((id, index) =>
            expect.objectContaining({
              index,
              key: String(id),
              status: failed.includes(index)
                ? 'failed'
                : inTable.includes(id)
                  ? expect.stringMatching(/updated|unchanged/)
                  : 'skipped',
            }),
          ),
        );
        expect(await rowsOf(batch)).toEqual(await rowsOf(single));
      }),
      { numRuns: 150 },
    );
  });
});

async function settled<T>(run: () => T): Promise<T> {
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
  return run();
}
