import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type CachedDatabase, openCachedDatabase } from './support/cached-database.js';
import { parcels } from './support/parcels.js';

let bench: CachedDatabase;
beforeAll(async () => {
  bench = await openCachedDatabase();
});
beforeEach(() => bench.reset());
afterAll(() => bench.close());

/** The keys that the statements since then asked the database for. */
function keysAskedFor(): unknown[] {
  return bench.statements.flatMap(({ parameters }) => parameters);
}

describe('a cached read', () => {
  it('asks the database once for what is read twice', async () => {
    const first = await bench.parcels.get(1);
    const second = await bench.parcels.get(1);
    expect(second).toEqual(first);
    expect(second).toBeInstanceOf(parcels.entity);
    expect(bench.statements).toHaveLength(1);
    expect(bench.cache.statistics(parcels)).toMatchObject({ hits: 1, misses: 1, entries: 1 });
  });

  it('asks again for a row that was not there', async () => {
    expect(await bench.parcels.get(99)).toBeUndefined();
    expect(await bench.parcels.get(99)).toBeUndefined();
    expect(bench.statements).toHaveLength(2);
    expect(bench.cache.statistics(parcels).entries).toBe(0);
  });

  it('of many keys asks only for those that are not there', async () => {
    await bench.parcels.get(2);
    bench.statements.length = 0;
    const found = await bench.parcels.batchGet([3, 2, 1]);
    expect(found.map(({ label }) => label)).toEqual(['three', 'two', 'one']);
    expect(keysAskedFor()).toEqual(['{3,1}']);
  });

  it('of many keys is no statement when all of them are there, in any order and more than once', async () => {
    await bench.parcels.batchGet([1, 2, 3]);
    bench.statements.length = 0;
    const found = await bench.parcels.batchGet([3, 1, 3, 2]);
    expect(found.map(({ id }) => id)).toEqual([3, 1, 3, 2]);
    expect(bench.statements).toHaveLength(0);
  });

  it('of many keys reads a row once that is asked for twice', async () => {
    const found = await bench.parcels.batchGet([1, 1, 99, 99]);
    expect(found.map(({ id }) => id)).toEqual([1, 1]);
    expect(keysAskedFor()).toEqual(['{1,99}']);
  });

  it('of many keys leaves behind what a single read finds, and the other way round', async () => {
    await bench.parcels.batchGet([1, 2]);
    await bench.parcels.get(3);
    bench.statements.length = 0;
    await bench.parcels.get(1);
    await bench.parcels.batchGet([3, 2]);
    expect(bench.statements).toHaveLength(0);
  });

  it('works the same record by record', async () => {
    await bench.parcels.batchGet([1, 2], { useBatchOperations: false });
    bench.statements.length = 0;
    const found = await bench.parcels.batchGet([1, 2, 3], { useBatchOperations: false });
    expect(found.map(({ label }) => label)).toEqual(['one', 'two', 'three']);
    expect(keysAskedFor()).toEqual(['3']);
  });

  it('is shared by all repositories of the context', async () => {
    await bench.parcelRepository({}).get(1);
    await bench.parcelRepository({ useBatchOperations: false }).get(1);
    expect(bench.statements).toHaveLength(1);
  });

  it('is not what list, count and exists are', async () => {
    await bench.parcels.batchGet([1, 2, 3]);
    bench.statements.length = 0;
    await bench.parcels.list();
    await bench.parcels.count();
    await bench.parcels.exists(1);
    expect(bench.statements).toHaveLength(3);
  });
});

describe('a read with useCache: false', () => {
  it('asks the database for what is there already, and stores nothing', async () => {
    await bench.parcels.get(1, { useCache: false });
    await bench.parcels.batchGet([1, 2], { useCache: false });
    expect(bench.statements).toHaveLength(2);
    expect(bench.cache.statistics(parcels)).toEqual({ hits: 0, misses: 0, entries: 0, staleFillsRefused: 0 });
  });

  it('sees what was written behind the back of uno, which the cache does not', async () => {
    await bench.parcels.get(1);
    const outsider = await bench.outsider();
    await outsider.query("update parcel set label = 'changed outside' where id = 1");
    expect((await bench.parcels.get(1))?.label).toBe('one');
    expect((await bench.parcels.get(1, { useCache: false }))?.label).toBe('changed outside');
    bench.cache.clear();
    expect((await bench.parcels.get(1))?.label).toBe('changed outside');
  });

  it('can be what a repository does unless a call says otherwise', async () => {
    const repository = bench.parcelRepository({ useCache: false });
    await repository.get(1);
    await repository.get(1);
    expect(bench.statements).toHaveLength(2);
    await repository.get(1, { useCache: true });
    await repository.get(1, { useCache: true });
    expect(bench.statements).toHaveLength(3);
  });

  it('is one for its relations too', async () => {
    await bench.depots.get(1);
    bench.statements.length = 0;
    await bench.parcels.get(1, { loadRelations: ['depot'], useCache: false });
    expect(bench.statements).toHaveLength(2);
  });
});

describe('a relation to an owner', () => {
  it('is read through the cache', async () => {
    const first = await bench.parcels.get(1, { loadRelations: ['depot'] });
    expect(first?.depot?.name).toBe('Bern');
    expect(bench.statements).toHaveLength(2);
    const second = await bench.parcels.get(1, { loadRelations: ['depot'] });
    expect(second).toEqual(first);
    expect(bench.statements).toHaveLength(2);
  });

  it('of many entities asks only for owners that are not there, each once', async () => {
    await bench.depots.get(1);
    bench.statements.length = 0;
    const found = await bench.parcels.list({ orderBy: ['id'], loadRelations: ['depot'] });
    expect(found.map(({ depot }) => depot?.name)).toEqual(['Bern', 'Uster', 'Uster']);
    expect(bench.statements).toHaveLength(2);
    expect(bench.statements[1]?.parameters).toEqual(['{2}']);
  });

  it('is not kept with the entity: the next read without it has none', async () => {
    await bench.parcels.get(1, { loadRelations: ['depot'] });
    expect(await bench.parcels.get(1)).toMatchObject({ depotId: 1, depot: undefined });
  });

  it('shows what was written to the owner', async () => {
    await bench.parcels.get(1, { loadRelations: ['depot'] });
    await bench.depots.update({ id: 1, name: 'Bern West' });
    const [parcel] = await bench.parcels.batchGet([1], { loadRelations: ['depot'] });
    expect(parcel?.depot?.name).toBe('Bern West');
  });
});
