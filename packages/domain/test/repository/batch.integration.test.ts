import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BatchError, UnoContext, UnoDBRepository } from '@uno/domain';
import { ConfigError, ConstraintError, ValidationError } from '@uno/postgres';
import { sql } from 'kysely';
import { type OpenDatabase, openDatabase } from '../support/database.js';
import { City, cities, countries, visits, world } from '../support/world.js';
import { failureOf, unchecked } from '../support/wrong.js';

let database: OpenDatabase;
let repository: UnoDBRepository<typeof cities>;
let visitRepository: UnoDBRepository<typeof visits>;

beforeAll(async () => {
  database = await openDatabase(world);
  const context = new UnoContext({ db: database.db });
  repository = new UnoDBRepository(context, cities);
  visitRepository = new UnoDBRepository(context, visits);
});
afterAll(() => database.close());

beforeEach(async () => {
  await database.empty();
  await new UnoDBRepository(new UnoContext({ db: database.db }), countries).add({ name: 'Switzerland' });
  database.statements.length = 0;
});

/** Names of all cities by id. */
const stored = async () => (await repository.list({ orderBy: ['id'] })).map(({ name }) => name);

describe('batchAdd', () => {
  it('gives back the entities in the order of the input, with what the database filled in', async () => {
    const added = await repository.batchAdd([
      { name: 'C', countryId: 1, population: 3 },
      { name: 'A', countryId: 1, id: 0 },
      { name: 'B', countryId: 1, status: 'town', population: null },
    ]);
    expect(added.map(({ id, name, population, status, label }) => [id, name, population, status, label])).toEqual([
      [1, 'C', 3, 'village', 'C'],
      [0, 'A', null, 'village', 'A'],
      [2, 'B', null, 'town', 'B'],
    ]);
    expect(added.every((city) => city instanceof City)).toBe(true);
  });

  it('stores all or none and names the record at fault', async () => {
    const records = ['A', 'B', 'A', 'C'].map((name) => ({ name, countryId: 1 }));
    const error = await failureOf(BatchError, () => repository.batchAdd(records));
    expect(error).toMatchObject({
      operation: 'batchInsert',
      entity: 'City',
      total: 4,
      index: 2,
      key: undefined,
      sqlstate: '23505',
      constraint: 'city_name_country_id_key',
    });
    expect(error.cause).toBeInstanceOf(ConstraintError);
    expect(await repository.count()).toBe(0);
  });

  it('names key and column of the record at fault where it has them', async () => {
    await sql`alter table city add constraint positive check (population > 0)`.execute(database.db);
    try {
      const records = [
        { id: 5, name: 'A', countryId: 1, population: 1 },
        { id: 6, name: 'B', countryId: 1, population: 0 },
      ];
      const error = await failureOf(BatchError, () => repository.batchAdd(records));
      expect(error).toMatchObject({ index: 1, key: '6', constraint: 'positive', sqlstate: '23514' });
    } finally {
      await sql`alter table city drop constraint positive`.execute(database.db);
    }
  });

  it('names the record at fault when a constraint is checked at COMMIT', async () => {
    await sql`alter table city alter constraint city_country_id_fkey deferrable initially deferred`.execute(
      database.db,
    );
    try {
      const error = await failureOf(BatchError, () => repository.batchAdd([{ name: 'A', countryId: 99 }]));
      expect(error).toMatchObject({ index: 0, key: undefined, sqlstate: '23503' });
      expect(await repository.count()).toBe(0);
    } finally {
      await sql`alter table city alter constraint city_country_id_fkey not deferrable`.execute(database.db);
    }
  });

  it('does not change its input', async () => {
    const records = Object.freeze([Object.freeze({ name: 'A', countryId: 1 })]);
    await repository.batchAdd(records);
    expect(records).toEqual([{ name: 'A', countryId: 1 }]);
  });
});

describe('batchUpdate', () => {
  beforeEach(async () => {
    await repository.batchAdd(['A', 'B', 'C'].map((name) => ({ name, countryId: 1, population: 1 })));
    await repository.add({ id: 0, name: 'Z', countryId: 1 });
    database.statements.length = 0;
  });

  it('counts the records that had a row, and 0 is an id like any other', async () => {
    const records = [
      { id: 0, name: 'z' },
      { id: 99, name: 'x' },
      { id: 2, name: 'b' },
    ];
    expect(await repository.batchUpdate(records)).toBe(2);
    expect(await stored()).toEqual(['z', 'A', 'b', 'C']);
  });

  it('takes records of different shapes: undefined leaves alone, null writes NULL', async () => {
    const records = [
      { id: 1, name: 'a', population: undefined },
      { id: 2, population: null },
      { id: 3, status: 'town' as const, population: 9 },
    ];
    expect(await repository.batchUpdate(records)).toBe(3);
    const rows = await repository.list({ filters: { id: { gt: 0 } }, orderBy: ['id'] });
    expect(rows.map(({ name, population, status }) => [name, population, status])).toEqual([
      ['a', 1, 'village'],
      ['B', null, 'village'],
      ['C', 9, 'town'],
    ]);
  });

  it('writes only the fields that are named', async () => {
    const records = [
      { id: 1, name: 'a', population: 7 },
      { id: 2, name: 'b' },
    ];
    expect(await repository.batchUpdate(records, { fields: ['population'] })).toBe(2);
    const rows = await repository.batchGet([1, 2]);
    expect(rows.map(({ name, population }) => [name, population])).toEqual([
      ['A', 7],
      ['B', 1],
    ]);
  });

  it('works on records with the same key one after the other, and counts each', async () => {
    const records = [
      { id: 1, name: 'first', population: 5 },
      { id: 1, name: 'second' },
    ];
    expect(await repository.batchUpdate(records)).toBe(2);
    expect(await repository.get(1)).toMatchObject({ name: 'second', population: 5 });
  });

  it('updates all or none and names the record at fault', async () => {
    const records = ['x', 'C'].map((name, i) => ({ id: i + 1, name }));
    const error = await failureOf(BatchError, () => repository.batchUpdate(records));
    expect(error).toMatchObject({ operation: 'batchUpdate', index: 1, key: '2', total: 2, sqlstate: '23505' });
    expect(await stored()).toEqual(['Z', 'A', 'B', 'C']);
  });

  it('needs the key of every record', async () => {
    const records = [{ id: 1, name: 'x' }, unchecked<{ id: number }>({ name: 'y' })];
    const error = await failureOf(BatchError, () => repository.batchUpdate(records));
    expect(error).toMatchObject({ index: 1, field: 'id', key: undefined });
    expect(error.cause).toBeInstanceOf(ValidationError);
    expect(await stored()).toEqual(['Z', 'A', 'B', 'C']);
  });

  it('refuses a field that cannot be written before anything is sent', async () => {
    await failureOf(ConfigError, () => repository.batchUpdate([{ id: 1 }], { fields: [unchecked('id')] }));
    await failureOf(ConfigError, () => repository.batchUpdate([{ id: 1 }], { fields: [unchecked('nmae')] }));
    expect(database.statements).toEqual([]);
  });

  it('does not change its input', async () => {
    const record = Object.freeze({ id: 1, name: 'x', population: undefined });
    await repository.batchUpdate(Object.freeze([record]));
    expect(record).toEqual({ id: 1, name: 'x', population: undefined });
  });
});

describe('batchRemove', () => {
  beforeEach(async () => {
    await repository.batchAdd(['A', 'B', 'C'].map((name, i) => ({ name, countryId: 1, id: i })));
  });

  it('counts the rows that are gone: a key without a row, or twice, counts once or not at all', async () => {
    expect(await repository.batchRemove([0, 99, 2, 0])).toBe(2);
    expect(await stored()).toEqual(['B']);
  });

  it('removes all or none and names the key at fault', async () => {
    await repository.update({ id: 2, sisterId: 1 });
    const error = await failureOf(BatchError, () => repository.batchRemove([0, 1]));
    expect(error).toMatchObject({
      operation: 'batchDelete',
      index: 1,
      key: '1',
      sqlstate: '23503',
      constraint: 'city_sister_id_fkey',
    });
    expect(await repository.count()).toBe(3);
  });
});

describe('a key of several fields', () => {
  const day = '2024-01-01';

  it('lines up in every batch method', async () => {
    const added = await visitRepository.batchAdd([
      { cityId: 2, day, visitors: 5 },
      { cityId: 1, day, note: 'x' },
    ]);
    expect(added.map(({ cityId, visitors }) => [cityId, visitors])).toEqual([
      [2, 5],
      [1, 1],
    ]);
    expect(
      await visitRepository.batchUpdate([
        { cityId: 1, day, note: null },
        { cityId: 3, day },
      ]),
    ).toBe(1);
    expect(await visitRepository.get({ cityId: 1, day })).toMatchObject({ note: null, visitors: 1 });
    expect(
      await visitRepository.batchRemove([
        { cityId: 3, day },
        { cityId: 2, day },
      ]),
    ).toBe(1);
    expect(await visitRepository.count()).toBe(1);
  });

  it('is named as a list of its texts', async () => {
    const records = [
      { cityId: 1, day },
      { cityId: 1, day },
    ];
    const error = await failureOf(BatchError, () => visitRepository.batchAdd(records));
    expect(error).toMatchObject({ index: 1, key: '["1","2024-01-01"]', constraint: 'visit_pkey' });
  });
});

describe('an empty batch', () => {
  it('is allowed and sends no SQL', async () => {
    expect(await repository.batchAdd([])).toEqual([]);
    expect(await repository.batchUpdate([])).toBe(0);
    expect(await repository.batchRemove([])).toBe(0);
    expect(await repository.batchGet([])).toEqual([]);
    expect(await repository.loadRelationsBatch([], ['country'])).toEqual([]);
    expect(database.statements).toEqual([]);
  });
});
