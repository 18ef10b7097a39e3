import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BatchError, UnoContext, UnoDBRepository } from '@uno/domain';
import { UnoError } from '@uno/postgres';
import { type OpenDatabase, openDatabase } from '../support/database.js';
import { City, Country, cities, countries, world } from '../support/world.js';
import { failureOf, unchecked } from '../support/wrong.js';

let database: OpenDatabase;
let repository: UnoDBRepository<typeof cities>;

beforeAll(async () => {
  database = await openDatabase(world);
  repository = new UnoDBRepository(new UnoContext({ db: database.db }), cities);
});
afterAll(() => database.close());

beforeEach(async () => {
  await database.empty();
  await new UnoDBRepository(new UnoContext({ db: database.db }), countries).add({ name: 'Switzerland' });
  await repository.add({ name: 'Bern', countryId: 1, population: 5 });
  database.statements.length = 0;
});

const good = { name: 'Biel', countryId: 1 };
const badRecords: [string, unknown, string][] = [
  ['an unknown field', { ...good, nmae: 'x' }, 'unknown field "nmae". Known are: id, name, countryId,'],
  ['a number for a text', { ...good, name: 5 }, 'field "name": text takes a string, not a number'],
  ['a text for a number', { ...good, countryId: '1' }, 'field "countryId": integer takes'],
  ['a number with a fraction for an integer', { ...good, countryId: 1.5 }, 'field "countryId"'],
  ['an integer that is too large', { ...good, population: 2 ** 31 }, 'field "population"'],
  ['NaN', { ...good, population: Number.NaN }, 'not NaN'],
  ['U+0000', { ...good, name: 'a\0b' }, 'field "name": text cannot hold the character U+0000'],
  ['a lone surrogate', { ...good, name: 'a\ud800' }, 'field "name": text cannot hold a lone surrogate'],
  ['an invalid date', { ...good, createdAt: new Date(Number.NaN) }, 'not an invalid date'],
  ['an unknown label', { ...good, status: 'city' }, 'one of village, town, not other text'],
  ['null for a field that is not nullable', { ...good, name: null }, 'takes no null: the column is not nullable'],
  ['a computed field', { ...good, label: 'X' }, 'gives "label", which the database computes'],
  ['an entity of another class', Object.assign(new Country(), good), 'is a Country, where a City or a plain object'],
  ['null', null, 'is null, not an object'],
  ['a text', 'Biel', 'is a string, not an object'],
  ['a list', [good], 'is an array, where a City'],
];

/** No text of a record may be in a message. */
function expectDiscreet(error: Error): void {
  expect(error.message).not.toContain('Biel');
}

describe('a record that cannot be stored', () => {
  it.each([...badRecords, ['a missing field', { name: 'Biel' }, 'has no "countryId", which has no default']])(
    'fails add before anything is sent: %s',
    async (_, record, message) => {
      const error = await failureOf(UnoError, () => repository.add(unchecked(record)));
      expect(error.code).toBe('UNO_VALIDATION');
      expect(error.message).toContain(message);
      expectDiscreet(error);
      expect(database.statements).toEqual([]);
    },
  );

  it.each(badRecords)('fails a batch as a whole, and is named: %s', async (_, record, message) => {
    const records = [{ ...good, name: 'first' }, unchecked<typeof good>(record), { ...good, name: 'last' }];
    const error = await failureOf(BatchError, () => repository.batchAdd(records));
    expect(error).toMatchObject({ index: 1, total: 3, cause: { code: 'UNO_VALIDATION', index: 1 } });
    expect(error.message).toContain(message);
    expect(error.message).toContain('City record 1');
    expectDiscreet(error);
    expect(await repository.count()).toBe(1);
  });

  it.each(badRecords.filter(([, record]) => typeof record === 'object' && record !== null && !Array.isArray(record)))(
    'leaves the row as it is on update: %s',
    async (name, record) => {
      if (name === 'a computed field')
        return expect(await repository.update(unchecked({ id: 1, label: 'X' }))).toMatchObject({ label: 'BERN' });
      const before = await repository.get(1);
      const patch = Object.assign(unchecked<object>(record), { id: 1 });
      expect((await failureOf(UnoError, () => repository.update(unchecked(patch)))).code).toBe('UNO_VALIDATION');
      const error = await failureOf(BatchError, () => repository.batchUpdate([{ id: 1, name: 'x' }, unchecked(patch)]));
      expect(error.index).toBe(1);
      expect(await repository.get(1)).toEqual(before);
    },
  );
});

describe('a key that is none', () => {
  it.each([['1'], [1.5], [Number.NaN], [null], [undefined], [{ id: 1 }], [[1]], [1n]])('%p is refused', async (key) => {
    const wrong = unchecked<number>(key);
    for (const call of [
      () => repository.get(wrong),
      () => repository.exists(wrong),
      () => repository.removeById(wrong),
    ]) {
      const error = await failureOf(UnoError, call);
      expect(error).toMatchObject({ code: 'UNO_VALIDATION', field: 'id' });
    }
    for (const call of [() => repository.batchGet([1, wrong]), () => repository.batchRemove([1, wrong])]) {
      const error = await failureOf(BatchError, call);
      expect(error).toMatchObject({ index: 1, total: 2, field: 'id' });
    }
    expect(database.statements).toEqual([]);
  });
});

const ofWrites =
  'batchSize, strategy, parallel, timeoutMs, signal, onProgress, optimizeForSize, atomicity, onRecordError, maxFailures, useBatchOperations, outcomes';

describe('an option that is not known', () => {
  const wrong = () => unchecked<Record<string, never>>({ limits: 5 });
  it.each([
    ['get', () => repository.get(1, wrong()), 'loadRelations, useCache'],
    ['list', () => repository.list(wrong()), 'filters, orderBy, limit, offset, loadRelations'],
    ['count', () => repository.count(wrong()), 'filters'],
    ['update', () => repository.update({ id: 1 }, wrong()), 'fields'],
    [
      'batchGet',
      () => repository.batchGet([1], wrong()),
      'batchSize, strategy, parallel, timeoutMs, signal, onProgress, optimizeForSize, useBatch',
    ],
    ['batchAdd', () => repository.batchAdd([], wrong()), ofWrites],
    ['batchUpdate', () => repository.batchUpdate([], wrong()), `${ofWrites}, fields`],
    ['batchRemove', () => repository.batchRemove([], wrong()), ofWrites],
  ])('is refused by %s, which lists its own', async (name, call, known) => {
    const error = await failureOf(UnoError, call);
    expect(error.code).toBe('UNO_CONFIG');
    expect(error.message).toContain(`${name} has no option "limits". Known are: ${known}`);
  });

  it.each([
    ['batchGet', (options: object) => repository.batchGet([1], options)],
    ['batchAdd', (options: object) => repository.batchAdd([good], options)],
    ['batchUpdate', (options: object) => repository.batchUpdate([{ id: 1 }], options)],
    ['batchRemove', (options: object) => repository.batchRemove([1], options)],
  ])('is refused by %s where its value makes no sense', async (name, call) => {
    for (const options of [{ batchSize: 0 }, { batchSize: Number.NaN }, { strategy: 'x' }, { useBatchOperations: 1 }]) {
      const error = await failureOf(UnoError, () => call(options));
      expect(error.code).toBe('UNO_CONFIG');
      expect(error.message).toContain(`${name}: ${Object.keys(options)[0]} takes`);
    }
    expect(database.statements).toEqual([]);
  });

  it('is refused where batchGet is told to do something else about missing rows', async () => {
    const error = await failureOf(UnoError, () => repository.batchGet([1], { onMissing: unchecked('null') }));
    expect(error.message).toContain("onMissing takes 'omit' or 'throw'");
  });
});

describe('a relation that is not known', () => {
  it('is refused, and those that there are are listed', async () => {
    const bern = await repository.get(1);
    if (bern === undefined) throw new Error('the row is gone');
    const names = [unchecked<'country'>('contry')] as const;
    for (const call of [
      () => repository.get(1, { loadRelations: names }),
      () => repository.list({ loadRelations: names }),
      () => repository.batchGet([1], { loadRelations: names }),
      () => repository.loadRelations(bern, names),
      () => repository.loadRelationsBatch([], names),
    ]) {
      const error = await failureOf(UnoError, call);
      expect(error.message).toBe('City has no relation "contry". It has: country, sister.');
    }
  });

  it('is not loaded into something that is no entity', async () => {
    const plain = unchecked<City & { label: string }>({ id: 1 });
    const error = await failureOf(UnoError, () => repository.loadRelationsBatch([new City(), plain], ['sister']));
    expect(error.message).toBe('loadRelationsBatch takes City entities; number 1 is none.');
  });
});

describe('SQL in names', () => {
  const injection = "name\" = ''; drop table city; --";

  afterEach(async () => {
    expect(await repository.count()).toBe(1);
  });

  it.each([
    ['a filter', () => repository.list({ filters: unchecked({ [injection]: 1 }) })],
    ['a nested filter', () => repository.list({ filters: { or: [{ not: unchecked({ [injection]: 1 }) }] } })],
    ['an operator', () => repository.list({ filters: { name: unchecked({ [injection]: 1 }) } })],
    ['an order', () => repository.list({ orderBy: [unchecked(injection)] })],
    ['a direction', () => repository.list({ orderBy: [{ name: unchecked('asc; drop table city') }] })],
    ['a limit', () => repository.list({ limit: unchecked('1; drop table city') })],
    ['a new record', () => repository.add(unchecked({ ...good, [injection]: 1 }))],
    ['a patch', () => repository.update(unchecked({ id: 1, [injection]: 1 }))],
    ['the fields of an update', () => repository.batchUpdate([{ id: 1 }], { fields: [unchecked(injection)] })],
    ['a relation', () => repository.list({ loadRelations: [unchecked<'country'>(injection)] })],
  ])('fails in %s, and is not sent', async (_, call) => {
    const error = await failureOf(UnoError, call);
    expect(['UNO_CONFIG', 'UNO_VALIDATION']).toContain(error.code);
    expect(database.statements.filter((statement) => statement.includes('drop'))).toEqual([]);
  });

  it('is just text in values', async () => {
    await repository.update({ id: 1, name: injection });
    expect(await repository.list({ filters: { name: injection } })).toHaveLength(1);
    expect(await repository.list({ filters: { name: { in: [injection, '"', '\\', '{a}'] } } })).toHaveLength(1);
  });
});
