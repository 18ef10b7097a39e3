import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { UnitOfWork, UnoContext, UnoDBRepository } from '@uno/domain';
import { sql } from 'kysely';
import { type OpenDatabase, openDatabase } from '../support/database.js';
import { cities, countries, world } from '../support/world.js';

class CityRepository extends UnoDBRepository<typeof cities> {
  constructor(context: UnoContext) {
    super(context, cities);
  }

  largest(count: number) {
    return this.list({ filters: { population: { isNull: false } }, orderBy: [{ population: 'desc' }], limit: count });
  }

  async people(countryId: number): Promise<number> {
    const query = sql<{ total: string }>`select coalesce(sum(population), 0) as total from city
      where country_id = ${countryId}`;
    const { rows } = await query.execute(this.db);
    return Number(rows[0]?.total);
  }
}

class CountryRepository extends UnoDBRepository<typeof countries> {
  readonly #cities: CityRepository;

  constructor(context: UnoContext, cityRepository: CityRepository) {
    super(context, countries);
    this.#cities = cityRepository;
  }

  async addWithCapital(name: string, capital: string) {
    const country = await this.add({ name });
    return this.#cities.add({ name: capital, countryId: country.id, population: 7 });
  }
}

let database: OpenDatabase;
let context: UnoContext;
let repository: CityRepository;

beforeAll(async () => {
  database = await openDatabase(world);
  context = new UnoContext({ db: database.db });
  repository = new CityRepository(context);
});
afterAll(() => database.close());

beforeEach(async () => {
  await database.empty();
  await new UnoDBRepository(context, countries).add({ name: 'Switzerland' });
  await repository.batchAdd([
    { name: 'Bern', countryId: 1, population: 133 },
    { name: 'Biel', countryId: 1 },
    { name: 'Zürich', countryId: 1, population: 447 },
  ]);
});

describe('a repository of one’s own', () => {
  it('has methods of its own over those that it inherits', async () => {
    expect((await repository.largest(1)).map(({ name }) => name)).toEqual(['Zürich']);
  });

  it('has SQL of its own', async () => {
    expect(await repository.people(1)).toBe(580);
    expect(await repository.people(9)).toBe(0);
  });

  it('sees the unit of work it is called in with its own SQL too', async () => {
    const unit = new UnitOfWork(context);
    await expect(
      unit.run(async () => {
        await repository.add({ name: 'Chur', countryId: 1, population: 20 });
        expect(await repository.people(1)).toBe(600);
        throw new Error('changed my mind');
      }),
    ).rejects.toThrow('changed my mind');
    expect(await repository.people(1)).toBe(580);
  });

  it('can call another one', async () => {
    const countryRepository = new CountryRepository(context, repository);
    const lima = await countryRepository.addWithCapital('Peru', 'Lima');
    expect(await repository.people(lima.countryId)).toBe(7);
  });

  it('tells its mapping and its settings', () => {
    expect(repository.mapping).toBe(cities);
    expect(repository.settings).toEqual({});
  });
});
