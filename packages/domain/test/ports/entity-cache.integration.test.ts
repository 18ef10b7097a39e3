import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { column, Entity, mapEntity, UnitOfWork, UnoContext, UnoDBRepository } from '@uno/domain';
import { ValidationError } from '@uno/postgres';
import { type OpenDatabase, openDatabase } from '../support/database.js';
import { RecordingCache } from '../support/observers.js';
import { cities, countries, visits, world } from '../support/world.js';
import { failureOf, unchecked } from '../support/wrong.js';

class Price {
  amount!: string;
}
const prices = mapEntity(Price, { table: 'price', columns: { amount: column.numeric() }, key: 'amount' });

let database: OpenDatabase;
let cache: RecordingCache;
let context: UnoContext;
let repository: UnoDBRepository<typeof countries>;
let cityRepository: UnoDBRepository<typeof cities>;

beforeAll(async () => {
  database = await openDatabase([...world, prices]);
});
afterAll(() => database.close());

beforeEach(async () => {
  await database.empty();
  cache = new RecordingCache();
  context = new UnoContext({ db: database.db, cache });
  repository = new UnoDBRepository(context, countries);
  cityRepository = new UnoDBRepository(context, cities);
  await repository.batchAdd([{ id: 0, name: 'Nowhere' }, { name: 'Switzerland' }, { name: 'Peru' }]);
  await cityRepository.add({ name: 'Bern', countryId: 1, createdAt: new Date(5) });
  database.statements.length = 0;
});

describe('get', () => {
  it('opens a ticket, asks the cache, reads what is missing, fills and closes', async () => {
    expect(await repository.get(1)).toMatchObject({ name: 'Switzerland' });
    expect(cache.calls).toEqual(['open', 'lookup Country 1', 'fill Country 1', 'close']);
    expect(database.statements).toHaveLength(1);
  });

  it('reads nothing that the cache has', async () => {
    const read = await repository.get(0);
    cache.calls.length = 0;
    expect(await repository.get(0)).toEqual(read);
    expect(cache.calls).toEqual(['open', 'lookup Country 0', 'close']);
    expect(database.statements).toHaveLength(1);
  });

  it('gives entities that can be changed without changing the cache', async () => {
    const first = await cityRepository.get(1);
    first?.createdAt.setTime(99);
    const second = await cityRepository.get(1);
    second?.createdAt.setTime(98);
    const third = await cityRepository.get(1);
    expect(third?.createdAt).toEqual(new Date(5));
    expect(database.statements).toHaveLength(1);
  });

  it('does not remember that there was no row', async () => {
    expect(await repository.get(99)).toBeUndefined();
    expect(await repository.get(99)).toBeUndefined();
    expect(database.statements).toHaveLength(2);
    expect(cache.entries.size).toBe(0);
  });

  it('closes the ticket when the read fails', async () => {
    class Missing extends Entity<number> {}
    const missing = mapEntity(Missing, { table: 'no_such_table', columns: { id: column.integer() } });
    const failing = new UnoDBRepository(context, missing);
    await expect(failing.get(1)).rejects.toMatchObject({ sqlstate: '42P01' });
    expect(cache.open).toBe(0);
    expect(cache.calls.at(-1)).toBe('close');
  });

  it('closes the ticket when the cache fails', async () => {
    const broken = {
      region: (mapping: typeof countries) => ({
        ...cache.region(mapping),
        lookup: () => Promise.reject(new Error('the cache is gone')),
      }),
    };
    const over = new UnoContext({ db: database.db, cache: unchecked(broken) });
    await expect(new UnoDBRepository(over, countries).get(1)).rejects.toThrow('the cache is gone');
    expect(cache.open).toBe(0);
  });

  it('refuses what is no key before the cache is asked', async () => {
    await failureOf(ValidationError, () => repository.get(unchecked(undefined)));
    await failureOf(ValidationError, () => repository.get(unchecked('1')));
    expect(cache.calls).toEqual([]);
  });
});

describe('batchGet', () => {
  it('reads only what the cache does not have, each row once, in the order of the keys', async () => {
    await repository.get(1);
    cache.calls.length = 0;
    database.statements.length = 0;
    const found = await repository.batchGet([2, 1, 2, 99, 0]);
    expect(found.map(({ name }) => name)).toEqual(['Peru', 'Switzerland', 'Peru', 'Nowhere']);
    expect(cache.calls).toEqual([
      'open',
      'lookup Country 2, Country 1, Country 2, Country 99, Country 0',
      'fill Country 2',
      'fill Country 0',
      'close',
    ]);
    expect(database.statements).toHaveLength(3);
  });

  it('asks nobody for no keys', async () => {
    await repository.batchGet([]);
    expect(cache.calls).toEqual([]);
    expect(database.statements).toEqual([]);
  });

  it('goes by all fields of a key', async () => {
    const visitRepository = new UnoDBRepository(context, visits);
    await visitRepository.add({ cityId: 1, day: '2024-01-01' });
    await visitRepository.batchGet([{ cityId: 1, day: '2024-01-01' }]);
    expect([...cache.entries.keys()]).toEqual(['Visit ["1","2024-01-01"]']);
  });
});

describe('relations', () => {
  it('are read through the cache', async () => {
    await repository.get(1);
    cache.calls.length = 0;
    database.statements.length = 0;
    const [bern] = await cityRepository.list({ loadRelations: ['country'] });
    expect(bern?.country.name).toBe('Switzerland');
    expect(cache.calls).toEqual(['open', 'lookup Country 1', 'close']);
    expect(database.statements).toHaveLength(1);
  });

  it('are not kept with the entity', async () => {
    await cityRepository.get(1, { loadRelations: ['country'] });
    expect((await cityRepository.get(1)) ?? {}).toMatchObject({ name: 'Bern', country: undefined });
  });
});

describe('the cache is left out', () => {
  it('of a call that says so, and of the relations that it loads', async () => {
    await repository.get(1, { useCache: false });
    await repository.batchGet([1], { useCache: false });
    await cityRepository.get(1, { useCache: false, loadRelations: true });
    await cityRepository.batchGet([1], { useCache: false, loadRelations: true });
    expect(cache.calls).toEqual([]);
  });

  it('of a repository that says so, unless a call wants it', async () => {
    const uncached = new UnoDBRepository(context, cities, { useCache: false });
    await uncached.get(1, { loadRelations: true });
    expect(cache.calls).toEqual([]);
    await uncached.get(1, { useCache: true });
    expect(cache.calls).toEqual(['open', 'lookup City 1', 'fill City 1', 'close']);
  });

  it('of a unit of work, which sees what it has written', async () => {
    await repository.get(1);
    cache.calls.length = 0;
    await new UnitOfWork(context).run(async () => {
      await repository.update({ id: 1, name: 'Suisse' });
      expect(await repository.get(1)).toMatchObject({ name: 'Suisse' });
      expect(await repository.batchGet([1])).toMatchObject([{ name: 'Suisse' }]);
      expect(await cityRepository.list({ loadRelations: ['country'] })).toMatchObject([
        { country: { name: 'Suisse' } },
      ]);
    });
    expect(cache.calls).toEqual([]);
  });

  it('of a transaction that was handed to the context', async () => {
    await database.db.transaction().execute(async (db) => {
      await new UnoDBRepository(new UnoContext({ db, cache }), countries).get(1);
    });
    expect(cache.calls).toEqual([]);
  });

  it('where equal keys may have different texts', async () => {
    const priceRepository = new UnoDBRepository(context, prices);
    await priceRepository.add({ amount: '1.0' });
    expect(await priceRepository.get('1.00')).toEqual({ amount: '1.0' });
    expect(await priceRepository.batchGet(['1', '1.000'])).toHaveLength(2);
    expect(cache.calls).toEqual([]);
  });

  it('of list, count and exists, which always ask the database', async () => {
    await repository.list();
    await repository.count();
    await repository.exists(1);
    expect(cache.calls).toEqual([]);
    expect(database.statements).toHaveLength(3);
  });
});
