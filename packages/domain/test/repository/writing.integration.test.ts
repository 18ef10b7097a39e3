import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  column,
  Entity,
  mapEntity,
  RowSuppressedError,
  StaleEntityError,
  UnoContext,
  UnoDBRepository,
} from '@uno/domain';
import { ConfigError, ConstraintError, ValidationError } from '@uno/postgres';
import { sql } from 'kysely';
import { type OpenDatabase, openDatabase } from '../support/database.js';
import { City, cities, countries, visits, world } from '../support/world.js';
import { failureOf, unchecked } from '../support/wrong.js';

class Ticket extends Entity<number> {}
const ticketMapping = mapEntity(Ticket, { table: 'ticket', columns: { id: column.integer().generated() } });

let database: OpenDatabase;
let repository: UnoDBRepository<typeof cities>;
let visitRepository: UnoDBRepository<typeof visits>;

beforeAll(async () => {
  database = await openDatabase([...world, ticketMapping]);
  const context = new UnoContext({ db: database.db });
  repository = new UnoDBRepository(context, cities);
  visitRepository = new UnoDBRepository(context, visits);
});
afterAll(() => database.close());

beforeEach(async () => {
  await database.empty();
  const countryRepository = new UnoDBRepository(new UnoContext({ db: database.db }), countries);
  await countryRepository.add({ name: 'Switzerland' });
  database.statements.length = 0;
});

const bern = { name: 'Bern', countryId: 1 };

describe('add', () => {
  it('gives back what is stored, with generated id, defaults and computed fields, by one statement', async () => {
    const added = await repository.add(bern);
    expect(added).toBeInstanceOf(City);
    expect(added).toMatchObject({
      id: 1,
      name: 'Bern',
      status: 'village',
      label: 'BERN',
      population: null,
      sisterId: null,
    });
    expect(added.createdAt).toBeInstanceOf(Date);
    expect(database.statements).toHaveLength(1);
    expect(await repository.get(1)).toEqual(added);
  });

  it('leaves a field that is undefined to its default, and writes null as NULL', async () => {
    await sql`alter table city alter column population set default 5`.execute(database.db);
    try {
      const added = await repository.add({ ...bern, population: undefined, status: undefined });
      expect(added).toMatchObject({ population: 5, status: 'village' });
      expect(await repository.add({ name: 'Biel', countryId: 1, population: null })).toMatchObject({
        population: null,
      });
    } finally {
      await sql`alter table city alter column population drop default`.execute(database.db);
    }
  });

  it('takes an id of the caller’s, 0 among them', async () => {
    expect(await repository.add({ ...bern, id: 0 })).toMatchObject({ id: 0 });
    expect(await repository.add({ name: 'Biel', countryId: 1, id: -7 })).toMatchObject({ id: -7 });
  });

  it('takes an entity of the class, and ignores its relations and computed fields', async () => {
    const fresh = Object.assign(new City(), bern, { label: 'ignored', country: undefined });
    expect(await repository.add(fresh)).toMatchObject({ name: 'Bern', label: 'BERN' });
  });

  it('takes an entity of a subclass, and gives back one of the mapped class', async () => {
    class Capital extends City {}
    const added = await repository.add(Object.assign(new Capital(), bern));
    expect(added.constructor).toBe(City);
  });

  it('stores a row of nothing but defaults', async () => {
    const tickets = new UnoDBRepository(new UnoContext({ db: database.db }), ticketMapping);
    expect(await tickets.add({})).toEqual({ id: 1 });
    expect(await tickets.batchAdd([{}, {}])).toEqual([{ id: 2 }, { id: 3 }]);
  });

  it('does not change its argument', async () => {
    const record = Object.freeze({ ...bern, createdAt: new Date(5) });
    await repository.add(record);
    expect(record).toEqual({ ...bern, createdAt: new Date(5) });
  });

  it('names the constraint that refuses it', async () => {
    await repository.add(bern);
    const error = await failureOf(ConstraintError, () => repository.add(bern));
    expect(error).toMatchObject({ sqlstate: '23505', constraint: 'city_name_country_id_key', table: 'city' });
  });

  it('says so when a trigger suppresses the row', async () => {
    await sql`create function nothing() returns trigger language plpgsql as 'begin return null; end'`.execute(
      database.db,
    );
    await sql`create trigger nothing before insert on city for each row execute function nothing()`.execute(
      database.db,
    );
    try {
      await failureOf(RowSuppressedError, () => repository.add(bern));
    } finally {
      await sql`drop function nothing cascade`.execute(database.db);
    }
  });
});

describe('update', () => {
  beforeEach(async () => {
    await repository.add({ ...bern, population: 133_000 });
    database.statements.length = 0;
  });

  it('writes the fields that are given, leaves the others alone and gives back the row', async () => {
    const updated = await repository.update({ id: 1, name: 'Berne' });
    expect(updated).toMatchObject({ name: 'Berne', label: 'BERNE', population: 133_000 });
    expect(updated).toBeInstanceOf(City);
    expect(database.statements).toHaveLength(1);
    expect(await repository.get(1)).toEqual(updated);
  });

  it('leaves a field alone that is undefined, and writes null as NULL', async () => {
    expect(await repository.update({ id: 1, name: undefined, population: null })).toMatchObject({
      name: 'Bern',
      population: null,
    });
  });

  it('writes only the fields that are named', async () => {
    const updated = await repository.update({ id: 1, name: 'Berne', population: 1 }, { fields: ['population'] });
    expect(updated).toMatchObject({ name: 'Bern', population: 1 });
  });

  it('leaves a named field alone that is undefined', async () => {
    const updated = await repository.update({ id: 1, name: undefined }, { fields: ['name'] });
    expect(updated).toMatchObject({ name: 'Bern' });
  });

  it('changes nothing when there is nothing to write, and still tells whether the row is there', async () => {
    expect(await repository.update({ id: 1 })).toMatchObject({ name: 'Bern' });
    expect(await repository.update({ id: 1, name: 'x' }, { fields: [] })).toMatchObject({ name: 'Bern' });
    await failureOf(StaleEntityError, () => repository.update({ id: 99 }));
  });

  it('takes an entity that was read, with its computed fields, and does not change it', async () => {
    const city = await repository.get(1);
    expect(city).toBeDefined();
    if (city === undefined) return;
    city.name = 'Berne';
    const before = { ...city };
    expect(await repository.update(city)).toMatchObject({ name: 'Berne', label: 'BERNE' });
    expect(city).toEqual(before);
  });

  it('fails with the key when the row is gone', async () => {
    const error = await failureOf(StaleEntityError, () => repository.update({ id: 99, name: 'x' }));
    expect(error).toMatchObject({ entity: 'City', keys: ['99'] });
  });

  it.each([
    ['the key', 'id'],
    ['a computed field', 'label'],
  ])('refuses to write %s, and lists what can be written', async (_, field) => {
    const error = await failureOf(ConfigError, () => repository.update({ id: 1 }, { fields: [unchecked(field)] }));
    expect(error.message).toBe(
      `City.${field} cannot be updated. These can: name, countryId, sisterId, population, status, createdAt.`,
    );
  });

  it('needs the key', async () => {
    const error = await failureOf(ValidationError, () => repository.update(unchecked({ name: 'x' })));
    expect(error).toMatchObject({ field: 'id', message: 'City has no id, which is its key.' });
    expect(await repository.get(1)).toMatchObject({ name: 'Bern' });
  });
});

describe('remove and removeById', () => {
  it('tell whether there was a row', async () => {
    const added = await repository.add({ ...bern, id: 0 });
    expect(await repository.remove(added)).toBe(true);
    expect(await repository.remove(added)).toBe(false);
    expect(await repository.removeById(0)).toBe(false);
    await repository.add({ ...bern, id: 0 });
    expect(await repository.removeById(0)).toBe(true);
    expect(await repository.count()).toBe(0);
  });

  it('name the foreign key that still needs the row', async () => {
    await repository.add(bern);
    const countryRepository = new UnoDBRepository(new UnoContext({ db: database.db }), countries);
    const error = await failureOf(ConstraintError, () => countryRepository.removeById(1));
    expect(error).toMatchObject({ sqlstate: '23503', constraint: 'city_country_id_fkey' });
  });

  it('refuse what is no entity of the class', async () => {
    const error = await failureOf(ValidationError, () => repository.remove(unchecked({ id: 1 })));
    expect(error.message).toBe('remove takes a City; removeById takes a key.');
  });
});

describe('a key of several fields', () => {
  const key = { cityId: 1, day: '2024-01-01' };

  it('is given with the new record, and identifies the row from then on', async () => {
    const added = await visitRepository.add({ ...key, note: 'sun' });
    expect(added).toEqual({ ...key, note: 'sun', visitors: 1 });
    expect(await visitRepository.update({ ...key, visitors: 9 })).toEqual({ ...key, note: 'sun', visitors: 9 });
    expect(await visitRepository.remove(added)).toBe(true);
    expect(await visitRepository.removeById(key)).toBe(false);
  });

  it('touches no row of which only a part of the key is the same', async () => {
    await visitRepository.batchAdd([key, { ...key, day: '2024-01-02' }, { ...key, cityId: 2 }]);
    await visitRepository.update({ ...key, visitors: 9 });
    await visitRepository.removeById({ ...key, cityId: 2 });
    const rest = await visitRepository.list({ orderBy: ['day'] });
    expect(rest.map(({ cityId, visitors }) => [cityId, visitors])).toEqual([
      [1, 9],
      [1, 1],
    ]);
  });

  it('has to be whole', async () => {
    await failureOf(ValidationError, () => visitRepository.get(unchecked({ cityId: 1 })));
    await failureOf(ValidationError, () => visitRepository.update(unchecked({ cityId: 1, visitors: 3 })));
    const error = await failureOf(ValidationError, () => visitRepository.removeById(unchecked(1)));
    expect(error.message).toBe('A key of Visit is an object with cityId and day, not a number.');
  });
});
