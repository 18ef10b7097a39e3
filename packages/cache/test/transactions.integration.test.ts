import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BatchOperations } from '@uno/batch';
import type { Queryable } from '@uno/postgres';
import { type CachedDatabase, openCachedDatabase } from './support/cached-database.js';
import { parcels } from './support/parcels.js';

let bench: CachedDatabase;
beforeAll(async () => {
  bench = await openCachedDatabase();
});
beforeEach(async () => {
  await bench.reset();
  await bench.parcels.batchGet([1, 2, 3]);
  bench.statements.length = 0;
});
afterAll(() => bench.close());

const refusal = new Error('the caller changed its mind');

async function cachedLabel(): Promise<string | undefined> {
  bench.statements.length = 0;
  const parcel = await bench.parcels.get(1);
  expect(bench.statements).toHaveLength(0);
  return parcel?.label;
}

/** What somebody outside of the unit of work reads while it is open. */
class Outside {
  readonly #asked: (() => void)[] = [];
  readonly #answer: Promise<string | undefined>;

  constructor(read: () => Promise<string | undefined>) {
    this.#answer = new Promise<void>((resolve) => this.#asked.push(resolve)).then(read);
  }

  read(): Promise<string | undefined> {
    for (const ask of this.#asked) ask();
    return this.#answer;
  }
}

describe('inside of a unit of work', () => {
  it('reads go past the cache, even before anything was written', async () => {
    await bench.unitOfWork.run(async () => {
      await bench.parcels.get(1);
      await bench.parcels.batchGet([1, 2]);
    });
    expect(bench.statements.filter(({ sql }) => sql.includes('parcel'))).toHaveLength(2);
    expect(bench.cache.statistics(parcels)).toMatchObject({ hits: 0, entries: 3 });
  });

  it('reads see its own writes, and those outside see the old value until the commit', async () => {
    // Made out here, so that its read does not run inside.
    const outside = new Outside(cachedLabel);
    await bench.unitOfWork.run(async () => {
      await bench.parcels.update({ id: 1, label: 'new' });
      expect((await bench.parcels.get(1))?.label).toBe('new');
      expect((await bench.parcels.batchGet([1]))[0]?.label).toBe('new');
      expect(await outside.read()).toBe('one');
      expect(await bench.storedLabel(1)).toBe('one');
    });
    expect((await bench.parcels.get(1))?.label).toBe('new');
  });

  it('reads leave nothing behind that was never committed', async () => {
    bench.cache.clear();
    const work = bench.unitOfWork.run(async () => {
      await bench.parcels.update({ id: 1, label: 'never' });
      await bench.parcels.get(1);
      await bench.parcels.batchGet([1, 2, 3]);
      throw refusal;
    });
    await expect(work).rejects.toBe(refusal);
    expect(bench.cache.statistics(parcels).entries).toBe(0);
    expect((await bench.parcels.get(1))?.label).toBe('one');
  });

  it.each<[string, () => Promise<unknown>]>([
    ['update', () => bench.parcels.update({ id: 1, label: 'new' })],
    ['batchUpdate', () => bench.parcels.batchUpdate([{ id: 1, label: 'new' }])],
    ['removeById', () => bench.parcels.removeById(1)],
    ['batchRemove', () => bench.parcels.batchRemove([1, 2])],
    ['batchAdd', () => bench.parcels.batchAdd([{ label: 'four' }])],
  ])('%s that is rolled back leaves the cached value', async (_, write) => {
    const work = bench.unitOfWork.run(async () => {
      await write();
      throw refusal;
    });
    await expect(work).rejects.toBe(refusal);
    expect(await cachedLabel()).toBe('one');
  });

  it('relations go past the cache too', async () => {
    await bench.depots.get(1);
    await bench.unitOfWork.run(async () => {
      await bench.depots.update({ id: 1, name: 'Bern West' });
      const parcel = await bench.parcels.get(1, { loadRelations: ['depot'] });
      expect(parcel?.depot?.name).toBe('Bern West');
    });
    expect((await bench.depots.get(1))?.name).toBe('Bern West');
  });

  it('an inner unit of work that is undone does not keep what the outer one wrote from being seen', async () => {
    await bench.unitOfWork.run(async () => {
      await bench.parcels.update({ id: 1, label: 'outer' });
      const inner = bench.unitOfWork.run(async () => {
        await bench.parcels.update({ id: 2, label: 'inner' });
        throw refusal;
      });
      await expect(inner).rejects.toBe(refusal);
    });
    const found = await bench.parcels.batchGet([1, 2]);
    expect(found.map(({ label }) => label)).toEqual(['outer', 'two']);
  });
});

describe('a plain Kysely transaction', () => {
  const writeIn = async (db: Queryable) => {
    await new BatchOperations({ table: parcels, db, observers: [bench.cache] }).batchUpdate([{ id: 1, label: 'new' }]);
  };

  it('that BatchOperations joined is seen at its commit, and not before', async () => {
    await bench.db.transaction().execute(async (transaction) => {
      await writeIn(transaction);
      expect(await cachedLabel()).toBe('one');
    });
    expect((await bench.parcels.get(1))?.label).toBe('new');
  });

  it('that BatchOperations joined leaves the cached value when it is rolled back', async () => {
    const work = bench.db.transaction().execute(async (transaction) => {
      await writeIn(transaction);
      throw refusal;
    });
    await expect(work).rejects.toBe(refusal);
    expect(await cachedLabel()).toBe('one');
  });

  it('under the control of the caller is seen when it is committed', async () => {
    const transaction = await bench.db.startTransaction().execute();
    await writeIn(transaction);
    expect(await cachedLabel()).toBe('one');
    await transaction.commit().execute();
    expect((await bench.parcels.get(1))?.label).toBe('new');
  });
});
