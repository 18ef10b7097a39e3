import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { someTowns } from '../support/town.js';
import { until } from '../support/until.js';
import { EngineDatabase, type TownPool } from './support/engine-database.js';
import { TrackedSource } from './support/tracked-source.js';

let database: EngineDatabase;
let towns: TownPool;

beforeAll(async () => {
  database = await EngineDatabase.open();
  towns = database.connect(4);
});

afterAll(() => database.close());

beforeEach(() => database.reset());

const batchSize = 10;

/** Asks the server a few things, by which time everything that could go on has gone on. */
async function someRoundTrips(): Promise<void> {
  for (let i = 0; i < 10; i++) await database.waiting();
}

describe.each(['sync', 'async'] as const)('a source that is %s', (kind) => {
  it.each([
    // The chunk that is being executed.
    ['chunked', 'all', 1, 1],
    ['chunked', 'chunk', 1, 1],
    // And two that are read ahead.
    ['pipelined', 'all', 3, 1],
    ['pipelined', 'chunk', 3, 1],
    // One for each of three workers, since one of four connections is left to others, and one that waits for a worker.
    ['parallel', 'chunk', 4, 3],
  ] as const)(
    'is not read further than its chunks are written under %s, atomicity %s',
    async (strategy, atomicity, chunks, workers) => {
      const source = new TrackedSource(someTowns(200));
      const call = await database.holding(async () => {
        const inserting = towns.operations({ batchSize }).batchInsert(source[kind], { strategy, atomicity });
        await until('all workers wait', async () => (await database.waiting()) === workers);
        await until('the source is read as far as it may be', () => source.taken >= chunks * batchSize);
        await someRoundTrips();
        expect(source.taken).toBe(chunks * batchSize);
        return { inserting };
      });
      expect(await call.inserting).toMatchObject({ total: 200, inserted: 200 });
      expect(source).toMatchObject({ taken: 200, closed: 0 });
    },
  );

  it('is read all at once where everything goes at once', async () => {
    const source = new TrackedSource(someTowns(200));
    const call = await database.holding(async () => {
      const inserting = towns.operations({ batchSize }).batchInsert(source[kind], { strategy: 'single_query' });
      await until('the statement waits', async () => (await database.waiting()) === 1);
      expect(source.taken).toBe(200);
      return { inserting };
    });
    expect(await call.inserting).toMatchObject({ inserted: 200 });
  });
});

describe('a pipeline', () => {
  it('reads on by one chunk for each one that is written', async () => {
    const source = new TrackedSource(
      someTowns(100).map((town, i) =>
        i % batchSize === 0 ? { ...town, population: EngineDatabase.gate + i / batchSize } : town,
      ),
    );
    for (let chunk = 0; chunk < 10; chunk++) await database.closeGate(chunk);
    const call = towns.operations({ batchSize }).batchInsert(source.async, { strategy: 'pipelined' });
    for (let chunk = 0; chunk < 10; chunk++) {
      const most = Math.min(100, (chunk + 3) * batchSize);
      await until('the chunk waits at its gate', () => database.isAwaited(chunk));
      await until('the source is read ahead', () => source.taken >= most);
      await someRoundTrips();
      expect(source.taken).toBe(most);
      await database.openGate(chunk);
    }
    expect(await call).toMatchObject({ inserted: 100 });
  });

  it('stops reading when the records are post-processed slowly', async () => {
    const source = new TrackedSource(someTowns(200));
    let letGo = () => {};
    const slow = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const call = towns
      .operations({ batchSize, postProcess: () => slow })
      .batchInsert(source.async, { strategy: 'pipelined' });
    // One chunk is being post-processed, one waits for that, one is done and cannot be handed over, two are read ahead.
    await until('the source is read as far as it may be', () => source.taken >= 5 * batchSize);
    await someRoundTrips();
    expect(source.taken).toBe(5 * batchSize);
    letGo();
    expect(await call).toMatchObject({ inserted: 200 });
  });
});
