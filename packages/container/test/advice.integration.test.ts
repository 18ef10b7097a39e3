import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { BatchOperationsPort } from '@uno/batch';
import { createUnoContainer, repositoryOf, type UnoContainerConfig } from '@uno/container';
import { type GardenDatabase, openGardenDatabase } from './support/garden-database.js';
import { trees } from './support/gardens.js';

let database: GardenDatabase;
beforeAll(async () => {
  database = await openGardenDatabase();
});
beforeEach(() => database.reset());
afterAll(() => database.close());

/** What is said when a hundred trees were read twelve times. */
async function saidOfReads(config: Omit<UnoContainerConfig, 'database'>, useCache?: boolean) {
  const container = createUnoContainer({
    database: { connectionString: database.connectionString, maxConnections: 2 },
    ...config,
  });
  try {
    const repository = container.get(repositoryOf(trees));
    const added = await repository.batchAdd(Array.from({ length: 100 }, (_, i) => ({ species: `species ${i}` })));
    const keys = added.map(({ id }) => id);
    for (let i = 0; i < 12; i++) await repository.batchGet(keys, useCache === undefined ? {} : { useCache });
    return await container.get(BatchOperationsPort).getRecommendations();
  } finally {
    await container.dispose();
  }
}

const advice = [
  {
    code: 'repeated_reads',
    table: 'tree',
    operation: 'batchGet',
    evidence: { keys: 1200 },
    change: { option: 'useCache', from: false, to: true },
  },
];

it.each<[string, Omit<UnoContainerConfig, 'database'>, boolean | undefined]>([
  ['a call reads past it', { entities: [trees] }, false],
  ['a repository does', { entities: [{ mapping: trees, useCache: false }] }, undefined],
  ['there is none', { entities: [trees], cache: false }, undefined],
])('advises the cache where the same rows are read again and again and %s', async (_, config, useCache) => {
  expect(await saidOfReads(config, useCache)).toMatchObject(advice);
});

it('says nothing of rows that are read through the cache', async () => {
  expect(await saidOfReads({ entities: [trees] })).toEqual([]);
});

it('says nothing of misses of a cache that is too small', async () => {
  expect(await saidOfReads({ entities: [trees], cache: { maxEntries: 1 } })).toEqual([]);
});
