import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { PoolClient } from 'pg';
import { someTowns } from '../support/town.js';
import { until } from '../support/until.js';
import { EngineDatabase, type TownPool } from './support/engine-database.js';
import { TrackedSource } from './support/tracked-source.js';

let database: EngineDatabase;

beforeAll(async () => {
  database = await EngineDatabase.open();
});

afterAll(() => database.close());

beforeEach(() => database.reset());

const batchSize = 5;

/** Opens all connections of a pool, which are idle then. */
async function warmUp(towns: TownPool, max: number): Promise<void> {
  const clients: PoolClient[] = [];
  for (let i = 0; i < max; i++) clients.push(await towns.pool.connect());
  for (const client of clients) client.release();
}

/** How many connections a call uses at once, of the many that it could. */
async function usedAtOnce(towns: TownPool, expected: number): Promise<number> {
  const source = new TrackedSource(someTowns(60));
  const list = someTowns(60, 60);
  const call = await database.holding(async () => {
    const inserting = towns
      .operations({ batchSize, maxWorkers: 10 })
      .batchInsert(source.async, { strategy: 'parallel' });
    await until('the workers wait', async () => (await database.waiting()) >= expected);
    await until('the source is read ahead', () => source.taken >= (expected + 1) * batchSize);
    // Whoever could go on would have gone on by then.
    for (let i = 0; i < 20; i++) await database.waiting();
    return { inserting, used: await database.waiting(), waiting: towns.pool.waitingCount };
  });
  await call.inserting;
  expect(call.waiting).toBe(0);
  // The chunks of a list are there at once.
  const again = await database.holding(async () => {
    const inserting = towns.operations({ batchSize, maxWorkers: 10 }).batchInsert(list, { strategy: 'parallel' });
    await until('the workers wait', async () => (await database.waiting()) >= expected);
    for (let i = 0; i < 20; i++) await database.waiting();
    return { inserting, used: await database.waiting() };
  });
  await again.inserting;
  expect(again.used).toBe(call.used);
  return call.used;
}

describe.each([
  ['new', false],
  ['warm', true],
] as const)('a pool that is %s', (_, isWarm) => {
  it.each([
    [1, 1],
    [2, 1],
    [4, 3],
    [8, 7],
  ])('of %i connections gives %i to a call', async (max, expected) => {
    const towns = database.connect(max);
    if (isWarm) await warmUp(towns, max);
    expect(await usedAtOnce(towns, expected)).toBe(expected);
  });

  it.each([
    [4, 1, 2],
    [4, 2, 1],
    [4, 3, 1],
    [8, 3, 4],
  ])('of %i connections, of which others hold %i, gives %i to a call', async (max, held, expected) => {
    const towns = database.connect(max);
    if (isWarm) await warmUp(towns, max);
    const others: PoolClient[] = [];
    for (let i = 0; i < held; i++) others.push(await towns.pool.connect());
    try {
      expect(await usedAtOnce(towns, expected)).toBe(expected);
    } finally {
      for (const other of others) other.release();
    }
  });
});

describe('a pool', () => {
  it('has a connection left for others while a call uses all it may', async () => {
    const towns = database.connect(4);
    const call = await database.holding(async () => {
      const inserting = towns.operations({ batchSize }).batchInsert(someTowns(60), { strategy: 'parallel' });
      await until('the workers wait', async () => (await database.waiting()) === 3);
      const { rows } = await towns.pool.query<{ n: number }>({ text: 'select 1 as n' });
      expect(rows).toEqual([{ n: 1 }]);
      return { inserting };
    });
    await call.inserting;
  });

  it('of which another call uses its share ends both', async () => {
    const towns = database.connect(4);
    const operations = towns.operations({ batchSize, maxWorkers: 4 });
    const calls = await database.holding(async () => {
      const first = operations.batchInsert(someTowns(60), { strategy: 'parallel' });
      await until('the first uses its share', async () => (await database.waiting()) === 3);
      const second = operations.batchInsert(someTowns(60, 60), { strategy: 'parallel' });
      await until('the second uses the last connection', async () => (await database.waiting()) === 4);
      return [first, second];
    });
    for (const { inserted } of await Promise.all(calls)) expect(inserted).toBe(60);
    expect(await database.towns()).toBe(120);
  });

  it('of one connection is enough for everything, side by side', async () => {
    const towns = database.connect(1);
    const operations = towns.operations({ batchSize });
    const calls = [0, 1, 2, 3].map((n) =>
      operations.batchInsert(someTowns(30, n * 30), { strategy: 'parallel', returnModels: true }),
    );
    await Promise.all(calls);
    expect(await database.towns()).toBe(120);
  });
});
