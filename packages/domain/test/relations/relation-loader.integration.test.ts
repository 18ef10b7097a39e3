import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { belongsTo, column, Entity, hasMany, mapEntity, NotFoundError, UnoContext, UnoDBRepository } from '@uno/domain';
import { ConfigError, ValidationError } from '@uno/postgres';
import { sql } from 'kysely';
import { type OpenDatabase, openDatabase } from '../support/database.js';
import { City, Country, cities, countries, visits, world } from '../support/world.js';
import { failureOf } from '../support/wrong.js';

/** A price by its amount: a key whose equal values have different texts. */
class Price {
  amount!: string;
  goods?: Good[];
}
class Good extends Entity<number> {
  cost!: string;
  price?: Price;
}
class Trip extends Entity<number> {
  visitId!: number;
  visit?: object;
}

const prices = mapEntity(Price, {
  table: 'price',
  columns: { amount: column.numeric() },
  key: 'amount',
  relations: { goods: hasMany(() => Good, 'cost') },
});
const goods = mapEntity(Good, {
  table: 'good',
  columns: { id: column.integer().generated(), cost: column.numeric() },
  relations: { price: belongsTo(() => Price, 'cost') },
});

let database: OpenDatabase;
let context: UnoContext;
let cityRepository: UnoDBRepository<typeof cities>;
let countryRepository: UnoDBRepository<typeof countries>;

beforeAll(async () => {
  database = await openDatabase([...world, prices, goods]);
  // So that a row can lead nowhere, as it may in a database without foreign keys.
  await sql`alter table city drop constraint city_country_id_fkey, drop constraint city_sister_id_fkey`.execute(
    database.db,
  );
  context = new UnoContext({ db: database.db });
  cityRepository = new UnoDBRepository(context, cities);
  countryRepository = new UnoDBRepository(context, countries);
});
afterAll(() => database.close());

beforeEach(async () => {
  await database.empty();
  await countryRepository.batchAdd([{ name: 'Nowhere', id: 0 }, { name: 'Switzerland' }, { name: 'Peru' }]);
  await cityRepository.batchAdd([
    { name: 'Bern', countryId: 1 },
    { name: 'Lima', countryId: 2, sisterId: 1 },
    { name: 'Biel', countryId: 1, sisterId: 2 },
    { name: 'Zero', countryId: 0 },
  ]);
  database.statements.length = 0;
});

describe('belongsTo', () => {
  it('gives each entity the one that it belongs to', async () => {
    const loaded = await cityRepository.loadRelationsBatch(await cityRepository.batchGet([3, 2, 4]), ['country']);
    expect(loaded.map(({ country }) => country.name)).toEqual(['Switzerland', 'Peru', 'Nowhere']);
    expect(loaded.every(({ country }) => country instanceof Country)).toBe(true);
  });

  it('gives null where the foreign key is NULL', async () => {
    const loaded = await cityRepository.loadRelationsBatch(await cityRepository.batchGet([1, 3]), ['sister']);
    expect(loaded.map(({ sister }) => sister?.name ?? null)).toEqual([null, 'Lima']);
  });

  it('gives null where a foreign key that may be NULL leads nowhere', async () => {
    await cityRepository.update({ id: 1, sisterId: 99 });
    expect(await cityRepository.get(1, { loadRelations: ['sister'] })).toMatchObject({ sister: null });
  });

  it('fails with the key where a foreign key that may not be NULL leads nowhere', async () => {
    await cityRepository.update({ id: 1, countryId: 99 });
    const error = await failureOf(NotFoundError, () => cityRepository.list({ loadRelations: ['country'] }));
    expect(error).toMatchObject({ entity: 'Country', keys: ['99'] });
  });

  it('shares one entity among those that belong to it', async () => {
    const [bern, biel] = await cityRepository.batchGet([1, 3], { loadRelations: ['country'] });
    expect(bern?.country).toBe(biel?.country);
  });

  it('finds a key that is written differently', async () => {
    await new UnoDBRepository(context, prices).add({ amount: '1' });
    const goodRepository = new UnoDBRepository(context, goods);
    await goodRepository.add({ cost: '1.0' });
    const [good] = await goodRepository.list({ loadRelations: ['price'] });
    expect(good?.price.amount).toBe('1');
  });
});

describe('hasMany', () => {
  it('gives each entity its members, in the order of their keys', async () => {
    const loaded = await countryRepository.list({ orderBy: ['id'], loadRelations: ['cities'] });
    expect(loaded.map((country) => country.cities.map(({ name }) => name))).toEqual([
      ['Zero'],
      ['Bern', 'Biel'],
      ['Lima'],
    ]);
    expect(loaded[1]?.cities[0]).toBeInstanceOf(City);
  });

  it('gives an empty list to one that has none', async () => {
    const added = await countryRepository.add({ name: 'Empty' });
    expect((await countryRepository.loadRelations(added, ['cities'])).cities).toEqual([]);
  });

  it('gives its members to an entity that is there twice', async () => {
    const loaded = await countryRepository.batchGet([1, 1], { loadRelations: ['cities'] });
    expect(loaded.map((country) => country.cities.length)).toEqual([2, 2]);
  });

  it('finds members whose key is written differently', async () => {
    const goodRepository = new UnoDBRepository(context, goods);
    const priceRepository = new UnoDBRepository(context, prices);
    await priceRepository.batchAdd([{ amount: '1' }, { amount: '2' }]);
    await goodRepository.batchAdd([{ cost: '1.0' }, { cost: '1.00' }, { cost: '2' }]);
    const price = await priceRepository.get('1.000', { loadRelations: ['goods'] });
    expect(price?.goods.map(({ cost }) => cost)).toEqual(['1.0', '1.00']);
  });

  it('needs an entity that has a key', async () => {
    const error = await failureOf(ValidationError, () => countryRepository.loadRelations(new Country(), ['cities']));
    expect(error.field).toBe('id');
  });
});

describe('loading relations', () => {
  it('leaves the entities that were given as they were, and keeps the order', async () => {
    const given = await cityRepository.batchGet([2, 1]);
    const before = given.map((city) => ({ ...city }));
    const loaded = await cityRepository.loadRelationsBatch(given, ['country', 'sister']);
    expect(given.map((city) => ({ ...city }))).toEqual(before);
    expect(loaded.map(({ id }) => id)).toEqual([2, 1]);
    expect(loaded[0]).not.toBe(given[0]);
  });

  it('takes one as well', async () => {
    const [lima] = await cityRepository.batchGet([2]);
    if (lima === undefined) throw new Error('the row is gone');
    const loaded = await cityRepository.loadRelations(lima, true);
    expect([loaded.country.name, loaded.sister?.name]).toEqual(['Peru', 'Bern']);
  });

  it('loads a relation once that is named twice, and nothing where none is named', async () => {
    await countryRepository.list({ loadRelations: ['cities', 'cities'] });
    expect(database.statements).toHaveLength(2);
    expect(await countryRepository.list({ loadRelations: [] })).toHaveLength(3);
    expect(database.statements).toHaveLength(3);
  });

  it('costs a statement for each hasMany, and for each entity that is belonged to, however many there are', async () => {
    const cost = async (run: () => Promise<unknown>) => {
      database.statements.length = 0;
      await run();
      return database.statements.length;
    };
    const load = async () => {
      const all = await cityRepository.list();
      return cost(() => cityRepository.loadRelationsBatch(all, ['country']));
    };
    const countriesUsed = 3;
    expect(await load()).toBe(countriesUsed);
    await cityRepository.batchAdd(Array.from({ length: 60 }, (_, i) => ({ name: `City ${i}`, countryId: i % 3 })));
    expect(await load()).toBe(countriesUsed);
    expect(await cost(() => countryRepository.list({ loadRelations: ['cities'] }))).toBe(2);
    await countryRepository.batchAdd(Array.from({ length: 40 }, (_, i) => ({ name: `Country ${i}` })));
    expect(await cost(() => countryRepository.list({ loadRelations: ['cities'] }))).toBe(2);
  });

  it('works in a transaction, on its one connection', async () => {
    await database.db.transaction().execute(async (db) => {
      const inside = new UnoDBRepository(new UnoContext({ db }), cities);
      const [, lima] = await inside.list({ orderBy: ['id'], loadRelations: true });
      expect([lima?.country.name, lima?.sister?.name]).toEqual(['Peru', 'Bern']);
    });
  });

  it('is refused where the foreign key has not as many fields as the key', async () => {
    const trips = mapEntity(Trip, {
      table: 'trip',
      columns: { id: column.integer(), visitId: column.integer() },
      relations: { visit: belongsTo(() => visits.entity, 'visitId') },
    });
    const repository = new UnoDBRepository(context, trips);
    const trip = Object.assign(new Trip(), { id: 1, visitId: 1 });
    const error = await failureOf(ConfigError, () => repository.loadRelations(trip, ['visit']));
    expect(error.message).toBe(
      'The relation Trip.visit: its foreign key has 1 part(s), visitId, and the key of Visit has 2: cityId, day. Name one for each, in this order.',
    );
  });
});
