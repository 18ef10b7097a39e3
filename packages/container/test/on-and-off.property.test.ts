import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { UnoContainer } from '@uno/container';
import type { BatchProgress } from '@uno/domain';
import fc from 'fast-check';
import { sql } from 'kysely';
import { openPlants, outcomeOf, type PlantDatabase, PlantRepository } from './support/plants.js';

let database: PlantDatabase;
let on: UnoContainer;
let off: UnoContainer;

beforeAll(async () => {
  database = await openPlants();
  on = database.open(true);
  off = database.open(false);
});
afterAll(async () => {
  await on.dispose();
  await off.dispose();
  await database.close();
});

const options = fc.record(
  {
    batchSize: fc.integer({ min: 1, max: 6 }),
    strategy: fc.constantFrom('chunked' as const, 'pipelined' as const),
    atomicity: fc.constantFrom('all' as const, 'chunk' as const),
  },
  { requiredKeys: ['batchSize'] },
);
const skipping = fc
  .record({ maxFailures: fc.integer({ min: 0, max: 4 }) }, { requiredKeys: [] })
  .map((rest) => ({ ...rest, outcomes: true as const, onRecordError: 'skip' as const }));
const telling = fc.constantFrom(
  { outcomes: true as const },
  { outcomes: true as const, onRecordError: 'abort' as const },
);
const call = fc.tuple(options, fc.oneof(skipping, telling)).map(([some, others]) => ({ ...some, ...others }));

/** Ids that may be there, and heights that may be refused. */
const id = fc.integer({ min: 1, max: 15 });
const height = fc.constantFrom(1, 2, 13);
const newPlants = fc.array(
  fc.record({ id, height, name: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l') }),
  { maxLength: 14 },
);
/** Each of another row, since of two changes of one row only the last one is sent as a set. */
const changes = fc.uniqueArray(fc.record({ id, height }), { maxLength: 14, selector: (change) => change.id });
const ids = fc.array(id, { maxLength: 14 });

/** What a call with some options does with a seeded table: what it gives, tells, and leaves there. */
async function doneBy(
  container: UnoContainer,
  run: (repository: PlantRepository, onProgress: (progress: BatchProgress) => void) => Promise<unknown>,
): Promise<object> {
  await sql`truncate plant`.execute(database.db);
  await sql`insert into plant select i, 'old ' || i, i from generate_series(1, 15, 2) as i where i <> 13`.execute(
    database.db,
  );
  const told: object[] = [];
  const outcome = await outcomeOf(() =>
    run(container.get(PlantRepository), ({ processed, total, failed, skipped, operation, name }) =>
      told.push({ processed, total, failed, skipped, operation, name }),
    ),
  );
  return { outcome, told, rows: await database.rows() };
}

async function expectSame(run: Parameters<typeof doneBy>[1]): Promise<void> {
  expect(await doneBy(on, run)).toEqual(await doneBy(off, run));
}

describe('with batching on and off, the same is given, told, thrown and stored', () => {
  const runs = { numRuns: 40 };

  it('by batchAdd', async () => {
    await fc.assert(
      fc.asyncProperty(newPlants, call, (records, how) =>
        expectSame((repository, onProgress) => repository.batchAdd(records, { ...how, onProgress })),
      ),
      runs,
    );
  });

  it('by batchUpdate', async () => {
    await fc.assert(
      fc.asyncProperty(changes, call, (records, how) =>
        expectSame((repository, onProgress) => repository.batchUpdate(records, { ...how, onProgress })),
      ),
      runs,
    );
  });

  it('by batchRemove', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(id, { maxLength: 14 }), call, (keys, how) =>
        expectSame((repository, onProgress) => repository.batchRemove(keys, { ...how, onProgress })),
      ),
      runs,
    );
  });

  it('by batchRemove of rows that are named twice, except that chunks are cut elsewhere', async () => {
    await fc.assert(
      fc.asyncProperty(ids, call, (keys, how) => expectSame((repository) => repository.batchRemove(keys, how))),
      runs,
    );
  });
});
