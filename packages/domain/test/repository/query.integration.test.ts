import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { UnitOfWork, UnoContext, UnoDBRepository } from '@uno/domain';
import { ConfigError } from '@uno/postgres';
import { type OpenDatabase, openDatabase } from '../support/database.js';
import { cities, countries, world } from '../support/world.js';
import { failureOf } from '../support/wrong.js';

class CityRepository extends UnoDBRepository<typeof cities> {
  constructor(context: UnoContext) {
    super(context, cities);
  }

  perCountry() {
    return this.query(countries)
      .selectFrom('city')
      .innerJoin('country', 'country.id', 'city.country_id')
      .select(({ fn }) => ['country.name', fn.countAll<string>().as('cities')])
      .groupBy('country.name')
      .orderBy('country.name')
      .execute();
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
  await new UnoDBRepository(context, countries).batchAdd([{ name: 'Switzerland' }, { name: 'Peru', code: 'PE' }]);
  await repository.batchAdd([
    { name: 'Bern', countryId: 1 },
    { name: 'Lima', countryId: 2 },
  ]);
});

describe('a query of Kysely', () => {
  it('reads the tables of the repository and of others, by their names', async () => {
    expect(await repository.perCountry()).toEqual([
      { name: 'Peru', cities: '1' },
      { name: 'Switzerland', cities: '1' },
    ]);
  });

  it('sees what its unit of work has written, and others do not', async () => {
    const seen = await new UnitOfWork(context).run(async () => {
      await repository.batchAdd([{ name: 'Thun', countryId: 1 }]);
      return repository.perCountry();
    });
    expect(seen).toContainEqual({ name: 'Switzerland', cities: '2' });
    await new UnitOfWork(context)
      .run(async () => {
        await repository.batchRemove([1, 2, 3]);
        expect(await repository.perCountry()).toEqual([]);
        throw new Error('rolled back');
      })
      .catch(() => undefined);
    expect(await repository.perCountry()).toEqual(seen);
  });

  it('is refused when its unit of work has ended', async () => {
    let late: Promise<unknown> | undefined;
    let end = () => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    await new UnitOfWork(context).run(async () => {
      late = failureOf(ConfigError, () => ended.then(() => repository.perCountry()));
    });
    end();
    expect(await late).toBeInstanceOf(ConfigError);
  });

  it('is heard by the log of Kysely, as every statement is', async () => {
    database.statements.length = 0;
    await repository.query().selectFrom('city').select('name').where('id', '=', 1).execute();
    expect(database.statements).toEqual(['select "name" from "city" where "id" = $1']);
  });
});
