import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { UnoContext, UnoDBRepository } from '@uno/domain';
import { ConfigError, ValidationError } from '@uno/postgres';
import { sql } from 'kysely';
import { type OpenDatabase, openDatabase } from '../support/database.js';
import { City, cities, countries, world } from '../support/world.js';
import { failureOf, unchecked } from '../support/wrong.js';

let database: OpenDatabase;
let repository: UnoDBRepository<typeof cities>;

beforeAll(async () => {
  database = await openDatabase(world);
  const context = new UnoContext({ db: database.db });
  repository = new UnoDBRepository(context, cities);
  await new UnoDBRepository(context, countries).add({ name: 'Switzerland' });
  await repository.batchAdd([
    { name: 'Bern', countryId: 1, createdAt: new Date(0) },
    { name: 'Biel', countryId: 1, population: 5, createdAt: new Date(1) },
  ]);
});
afterAll(() => database.close());

describe('a list of some fields', () => {
  it('reads these only, and gives plain objects', async () => {
    database.statements.length = 0;
    const found = await repository.list({ fields: ['createdAt', 'population'], orderBy: ['name'] });
    expect(found).toStrictEqual([
      { createdAt: new Date(0), population: null },
      { createdAt: new Date(1), population: 5 },
    ]);
    expect(found[0]).not.toBeInstanceOf(City);
    expect(database.statements).toEqual(['select "created_at", "population" from "city" order by "name" asc']);
  });

  it('can be found one of', async () => {
    expect(await repository.findOne({ fields: ['label'], orderBy: [{ id: 'desc' }] })).toStrictEqual({ label: 'BIEL' });
    expect(await repository.findOne({ fields: ['label'], filters: { id: 99 } })).toBeUndefined();
  });

  it('has a field once that is named twice', async () => {
    expect(await repository.list({ fields: ['id', 'id'], filters: { id: 1 } })).toStrictEqual([{ id: 1 }]);
  });

  it('says which field has a value that the mapped type has not', async () => {
    await sql`alter type city_status add value 'metropolis'`.execute(database.db);
    await sql`insert into city (name, country_id, status) values ('Rom', 1, 'metropolis')`.execute(database.db);
    const error = await failureOf(ValidationError, () => repository.list({ fields: ['status'] }));
    expect(error.message).toBe(
      'City.status cannot be read as city_status: "metropolis" is not a label of city_status that the mapping knows.',
    );
    expect(await repository.list({ fields: ['id'], filters: { name: 'Rom' } })).toHaveLength(1);
  });

  it.each<[string, object, string]>([
    ['an unknown field', { fields: ['nmae'] }, 'City has no field "nmae". It has: id, name,'],
    ['no field', { fields: [] }, 'list: fields takes a list of at least one field of City, not an empty one.'],
    ['a text', { fields: 'name' }, 'not a string'],
    ['a relation beside', { fields: ['id'], loadRelations: ['country'] }, 'Take fields or loadRelations.'],
    ['all relations beside', { fields: ['id'], loadRelations: true }, 'Take fields or loadRelations.'],
  ])('is refused before anything is sent: %s', async (_, options, message) => {
    database.statements.length = 0;
    const error = await failureOf(ConfigError, () => repository.list(unchecked<object>(options)));
    expect(error.message).toContain(message);
    expect(database.statements).toEqual([]);
  });
});
