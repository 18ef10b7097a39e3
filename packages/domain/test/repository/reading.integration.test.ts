import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { NotFoundError, type OrderBy, UnoContext, UnoDBRepository } from '@uno/domain';
import { ConfigError, ValidationError } from '@uno/postgres';
import { type OpenDatabase, openDatabase } from '../support/database.js';
import { City, Country, cities, countries, visits, world } from '../support/world.js';
import { failureOf, unchecked } from '../support/wrong.js';

let database: OpenDatabase;
let cityRepository: UnoDBRepository<typeof cities>;
let visitRepository: UnoDBRepository<typeof visits>;

beforeAll(async () => {
  database = await openDatabase(world);
  const context = new UnoContext({ db: database.db });
  cityRepository = new UnoDBRepository(context, cities);
  visitRepository = new UnoDBRepository(context, visits);
});
afterAll(() => database.close());

beforeEach(async () => {
  await database.empty();
  const context = new UnoContext({ db: database.db });
  await new UnoDBRepository(context, countries).batchAdd([{ name: 'Switzerland' }, { name: 'Peru', code: 'PE' }]);
  await cityRepository.batchAdd([
    { id: 0, name: 'Zero', countryId: 1, createdAt: new Date(0) },
    { name: 'Bern', countryId: 1, population: 133_000, status: 'town' },
    { name: 'Lima', countryId: 2, population: 10_000_000, status: 'town' },
    { name: 'Aarau', countryId: 1, population: null },
  ]);
  database.statements.length = 0;
});

const names = (entities: readonly { readonly name: string }[]) => entities.map(({ name }) => name);

describe('get', () => {
  it('gives an entity of the class with every field, by one statement', async () => {
    const bern = await cityRepository.get(1);
    expect(bern).toBeInstanceOf(City);
    expect(bern).toEqual({
      id: 1,
      name: 'Bern',
      countryId: 1,
      sisterId: null,
      population: 133_000,
      status: 'town',
      createdAt: expect.any(Date),
      label: 'BERN',
    });
    expect(database.statements).toHaveLength(1);
  });

  it('gives undefined where there is no row', async () => {
    expect(await cityRepository.get(99)).toBeUndefined();
  });

  it('finds the id 0', async () => {
    expect(await cityRepository.get(0)).toMatchObject({ id: 0, name: 'Zero', createdAt: new Date(0) });
  });

  it('loads relations with it', async () => {
    const bern = await cityRepository.get(1, { loadRelations: ['country'] });
    expect(bern?.country).toBeInstanceOf(Country);
    expect(bern?.country.name).toBe('Switzerland');
  });
});

describe('getOrFail', () => {
  it('gives what get gives', async () => {
    expect(await cityRepository.getOrFail(0)).toEqual(await cityRepository.get(0));
    expect((await cityRepository.getOrFail(1, { loadRelations: ['country'] })).country.name).toBe('Switzerland');
  });

  it('fails with the key that has no row', async () => {
    const error = await failureOf(NotFoundError, () => cityRepository.getOrFail(99));
    expect(error).toMatchObject({ entity: 'City', keys: ['99'], operation: 'getOrFail' });
    const composite = await failureOf(NotFoundError, () => visitRepository.getOrFail({ cityId: 1, day: '2024-01-01' }));
    expect(composite.keys).toEqual(['["1","2024-01-01"]']);
  });
});

describe('findOne', () => {
  it('gives the first in the order asked for, with relations', async () => {
    const largest = await cityRepository.findOne({
      filters: { status: 'town' },
      orderBy: [{ population: 'desc' }],
      loadRelations: ['country'],
    });
    expect(largest).toBeInstanceOf(City);
    expect([largest?.name, largest?.country.name]).toEqual(['Lima', 'Peru']);
    const second = await cityRepository.findOne({ orderBy: ['name'], offset: 1 });
    expect(second?.name).toBe('Bern');
  });

  it('gives undefined where nothing is found', async () => {
    expect(await cityRepository.findOne({ filters: { name: 'Rom' } })).toBeUndefined();
  });

  it('reads one row only', async () => {
    await cityRepository.findOne();
    expect(database.statements).toEqual([expect.stringMatching(/ limit \$1::bigint$/)]);
  });

  it('takes no limit, which it has', async () => {
    const error = await failureOf(ConfigError, () => cityRepository.findOne(unchecked<object>({ limit: 5 })));
    expect(error.message).toBe(
      'findOne has no option "limit". Known are: filters, orderBy, offset, loadRelations, fields, lock.',
    );
  });
});

describe('list', () => {
  it('gives all rows without options', async () => {
    expect(names(await cityRepository.list()).sort()).toEqual(['Aarau', 'Bern', 'Lima', 'Zero']);
  });

  it('orders by a field, ascending', async () => {
    expect(names(await cityRepository.list({ orderBy: ['name'] }))).toEqual(['Aarau', 'Bern', 'Lima', 'Zero']);
  });

  it('orders by a field in either direction', async () => {
    const descending = await cityRepository.list({ orderBy: [{ name: 'desc' }] });
    expect(names(descending)).toEqual(['Zero', 'Lima', 'Bern', 'Aarau']);
    const ascending = await cityRepository.list({ orderBy: [{ name: 'asc' }] });
    expect(names(ascending)).toEqual(['Aarau', 'Bern', 'Lima', 'Zero']);
  });

  it('orders by several fields, of which the first counts most', async () => {
    const ordered = await cityRepository.list({ orderBy: [{ countryId: 'desc' }, 'name'] });
    expect(names(ordered)).toEqual(['Lima', 'Aarau', 'Bern', 'Zero']);
  });

  it('puts nulls on the side asked for, and else where PostgreSQL has them: as if greater than every value', async () => {
    const by = async (...orderBy: OrderBy<typeof cities>[]) =>
      names(await cityRepository.list({ filters: { id: { gt: 0 } }, orderBy }));
    expect(await by('population')).toEqual(['Bern', 'Lima', 'Aarau']);
    expect(await by({ population: 'asc', nulls: 'first' })).toEqual(['Aarau', 'Bern', 'Lima']);
    expect(await by({ population: 'desc' })).toEqual(['Aarau', 'Lima', 'Bern']);
    expect(await by({ population: 'desc', nulls: 'last' }, 'name')).toEqual(['Lima', 'Bern', 'Aarau']);
  });

  it('takes a limit and an offset', async () => {
    const page = await cityRepository.list({ orderBy: ['name'], limit: 2, offset: 1 });
    expect(names(page)).toEqual(['Bern', 'Lima']);
  });

  it('gives nothing for a limit of 0 and leaves out nothing for an offset of 0', async () => {
    expect(await cityRepository.list({ limit: 0 })).toEqual([]);
    expect(await cityRepository.list({ offset: 0 })).toHaveLength(4);
  });

  it('gives nothing behind the end', async () => {
    expect(await cityRepository.list({ orderBy: ['id'], offset: 4 })).toEqual([]);
  });

  it('is one statement, and loads relations by one more each', async () => {
    const all = await cityRepository.list({ filters: { status: 'town' }, orderBy: ['id'], loadRelations: true });
    expect(all.map(({ country, sister }) => [country.name, sister])).toEqual([
      ['Switzerland', null],
      ['Peru', null],
    ]);
  });
});

describe('count and exists', () => {
  it('count all rows or those that a filter finds', async () => {
    expect(await cityRepository.count()).toBe(4);
    expect(await cityRepository.count({ filters: { countryId: 1 } })).toBe(3);
    expect(await cityRepository.count({ filters: { countryId: 77 } })).toBe(0);
  });

  it('tell whether there is a row with a key', async () => {
    expect(await cityRepository.exists(0)).toBe(true);
    expect(await cityRepository.exists(99)).toBe(false);
  });

  it('tell whether a filter finds any row, by one statement', async () => {
    expect(await cityRepository.exists({ filters: { countryId: 2 } })).toBe(true);
    expect(await cityRepository.exists({ filters: { countryId: 77 } })).toBe(false);
    expect(await cityRepository.exists({ filters: {} })).toBe(true);
    expect(database.statements).toHaveLength(3);
  });

  it('take no filter that is undefined, which would find every row', async () => {
    const error = await failureOf(ValidationError, () => cityRepository.exists(unchecked({ filters: undefined })));
    expect(error.message).toBe('Filter of City: "filters" takes a filter (it is undefined).');
    await failureOf(ConfigError, () => cityRepository.exists(unchecked({ filters: {}, limit: 1 })));
  });
});

describe('batchGet', () => {
  it('gives the entities in the order of the keys', async () => {
    expect(names(await cityRepository.batchGet([3, 1, 0, 2]))).toEqual(['Aarau', 'Bern', 'Zero', 'Lima']);
  });

  it('gives an entity twice that is asked for twice', async () => {
    expect(names(await cityRepository.batchGet([1, 2, 1]))).toEqual(['Bern', 'Lima', 'Bern']);
  });

  it('leaves out keys without a row', async () => {
    expect(names(await cityRepository.batchGet([99, 1, -5]))).toEqual(['Bern']);
  });

  it('names all keys without a row when it was told to throw', async () => {
    const error = await failureOf(NotFoundError, () => cityRepository.batchGet([99, 1, -5], { onMissing: 'throw' }));
    expect(error).toMatchObject({ entity: 'City', keys: ['99', '-5'], operation: 'batchGet' });
    expect(names(await cityRepository.batchGet([1], { onMissing: 'throw' }))).toEqual(['Bern']);
  });

  it('loads relations of all of them', async () => {
    const loaded = await cityRepository.batchGet([1, 2], { loadRelations: ['country'] });
    expect(names(loaded.map(({ country }) => country))).toEqual(['Switzerland', 'Peru']);
  });

  it('sends nothing for no keys', async () => {
    expect(await cityRepository.batchGet([])).toEqual([]);
    expect(database.statements).toEqual([]);
  });
});

describe('a key of several fields', () => {
  beforeEach(async () => {
    await visitRepository.batchAdd([
      { cityId: 1, day: '2024-01-01', visitors: 3 },
      { cityId: 1, day: '2024-01-02', note: 'rain' },
      { cityId: 2, day: '2024-01-01' },
    ]);
  });

  it('finds its row, whatever the order of the fields', async () => {
    expect(await visitRepository.get({ day: '2024-01-02', cityId: 1 })).toEqual({
      cityId: 1,
      day: '2024-01-02',
      visitors: 1,
      note: 'rain',
    });
    expect(await visitRepository.get({ cityId: 2, day: '2024-01-02' })).toBeUndefined();
    expect(await visitRepository.exists({ cityId: 2, day: '2024-01-01' })).toBe(true);
  });

  it('lines up in batchGet', async () => {
    const found = await visitRepository.batchGet([
      { cityId: 2, day: '2024-01-01' },
      { cityId: 9, day: '2024-01-01' },
      { cityId: 1, day: '2024-01-01' },
    ]);
    expect(found.map(({ cityId, visitors }) => [cityId, visitors])).toEqual([
      [2, 1],
      [1, 3],
    ]);
  });

  it('is named as a list of its texts', async () => {
    const missing = { cityId: 9, day: '2024-01-01' };
    const error = await failureOf(NotFoundError, () => visitRepository.batchGet([missing], { onMissing: 'throw' }));
    expect(error.keys).toEqual(['["9","2024-01-01"]']);
  });
});
