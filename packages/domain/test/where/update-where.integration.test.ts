import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { PartialWriteError, UnitOfWork, UnoContext, UnoDBRepository } from '@uno/domain';
import { CanceledError, ConfigError, ConstraintError, ValidationError } from '@uno/postgres';
import { sql } from 'kysely';
import { type OpenDatabase, openDatabase } from '../support/database.js';
import { RecordingObserver } from '../support/observers.js';
import { cities, countries, visits, world } from '../support/world.js';
import { failureOf, unchecked } from '../support/wrong.js';

let database: OpenDatabase;
let observer: RecordingObserver;
let context: UnoContext;
let cityRepository: UnoDBRepository<typeof cities>;
let visitRepository: UnoDBRepository<typeof visits>;

beforeAll(async () => {
  database = await openDatabase(world);
});
afterAll(() => database.close());

beforeEach(async () => {
  await database.empty();
  observer = new RecordingObserver();
  context = new UnoContext({ db: database.db, observers: [observer] });
  cityRepository = new UnoDBRepository(context, cities);
  visitRepository = new UnoDBRepository(context, visits);
  await new UnoDBRepository(context, countries).batchAdd([{ name: 'Switzerland' }, { name: 'Peru' }]);
  await cityRepository.batchAdd([
    { name: 'Bern', countryId: 1, population: 130 },
    { name: 'Chur', countryId: 1, population: null },
    { name: 'Lima', countryId: 2, population: 10_000 },
    { name: 'Thun', countryId: 1, population: 40 },
  ]);
  observer.events.length = 0;
  database.statements.length = 0;
});

const byId = () => cityRepository.list({ orderBy: ['id'] });

describe('updateWhere', () => {
  it('writes the rows that the filter finds by one statement, and counts them', async () => {
    expect(await cityRepository.updateWhere({ countryId: 1 }, { status: 'town' })).toEqual({ updated: 3 });
    expect(database.statements).toHaveLength(1);
    expect((await byId()).map(({ status }) => status)).toEqual(['town', 'town', 'village', 'town']);
  });

  it('writes NULL for null, and leaves alone what is undefined', async () => {
    await cityRepository.updateWhere({ name: 'Bern' }, { population: null, name: undefined, sisterId: 3 });
    expect((await byId())[0]).toMatchObject({ name: 'Bern', population: null, sisterId: 3 });
  });

  it('finds nothing without an error, and sends nothing where there is nothing to write', async () => {
    expect(await cityRepository.updateWhere({ name: 'Rome' }, { population: 1 })).toEqual({ updated: 0 });
    database.statements.length = 0;
    expect(await cityRepository.updateWhere({ name: 'Bern' }, { population: undefined })).toEqual({ updated: 0 });
    expect(database.statements).toEqual([]);
    expect(observer.events).toEqual([]);
  });

  it('does not rewrite rows that already are as asked, unless it has to', async () => {
    expect(await cityRepository.updateWhere({ countryId: 1 }, { population: 40 })).toEqual({ updated: 2 });
    const again = { skipUnchanged: false };
    expect(await cityRepository.updateWhere({ countryId: 1 }, { population: 40 }, again)).toEqual({ updated: 3 });
  });

  it('adds increments to what is there, beside fields that are replaced', async () => {
    const options = { increment: ['population'] } as const;
    const changes = { population: 5, status: 'town' } as const;
    expect(await cityRepository.updateWhere({ countryId: 1 }, changes, options)).toEqual({ updated: 3 });
    expect((await byId()).map(({ population }) => population)).toEqual([135, null, 10_000, 45]);
  });

  it('counts the version of the rows that it writes, and of no others', async () => {
    await visitRepository.batchAdd([
      { cityId: 1, day: '2024-01-01', note: 'rain' },
      { cityId: 1, day: '2024-01-02' },
      { cityId: 2, day: '2024-01-01' },
    ]);
    const done = await visitRepository.updateWhere({ cityId: 1 }, { note: 'rain' }, { version: 'visitors' });
    expect(done).toEqual({ updated: 1 });
    const rows = await visitRepository.list({ orderBy: ['cityId', 'day'] });
    expect(rows.map(({ visitors }) => visitors)).toEqual([1, 2, 1]);
  });

  it.each<[string, object]>([
    ['a key', { id: 7 }],
    ['what the database computes', { label: 'X' }],
    ['an unknown field', { nmae: 'Bern' }],
    ['a relation', { country: {} }],
    ['a value of another type', { population: 'many' }],
    ['null where there can be none', { name: null }],
  ])('refuses %s before anything is sent', async (_, changes) => {
    const failing = cityRepository.updateWhere({ id: 1 }, unchecked(changes));
    await expect(failing).rejects.toHaveProperty('code', expect.stringMatching(/^UNO_(CONFIG|VALIDATION)$/));
    expect(database.statements).toEqual([]);
  });

  it('refuses increments of null or of text, and a version among the changes', async () => {
    const increment = unchecked<'population'[]>(['population']);
    const added = () =>
      cityRepository.updateWhere({ id: 1 }, unchecked<{ population: number }>({ population: null }), { increment });
    await failureOf(ValidationError, added);
    const text = { increment: unchecked<'population'[]>(['name']) };
    await failureOf(ConfigError, () => cityRepository.updateWhere({ id: 1 }, { name: 'x' }, text));
    const version = () => visitRepository.updateWhere({ cityId: 1 }, { visitors: 1 }, { version: 'visitors' });
    expect((await failureOf(ConfigError, version)).message).toContain('visitors is the version');
  });

  it('tells the observers the keys of the rows that it wrote', async () => {
    await cityRepository.updateWhere({ countryId: 1 }, { population: 40 });
    expect(observer.events).toMatchObject([
      { table: 'city', kind: 'update', keys: expect.arrayContaining(['1', '2']), outcome: 'committed' },
    ]);
    expect(observer.events[0]?.keys).toHaveLength(2);
  });

  it('tells them that any row may be different where there are too many keys', async () => {
    await sql`insert into city (name, country_id) select 'N' || n, 1 from generate_series(1, 10001) n`.execute(
      database.db,
    );
    const done = await cityRepository.updateWhere({ name: { like: 'N%' } }, { population: 1 });
    expect(done).toEqual({ updated: 10_001 });
    expect(observer.events).toMatchObject([{ kind: 'update', keys: 'all' }]);
  });

  it('writes nothing when one row is refused', async () => {
    const failing = () => cityRepository.updateWhere({ countryId: 1 }, { name: 'Same' });
    expect(await failureOf(ConstraintError, failing)).toMatchObject({ sqlstate: '23505' });
    expect((await byId()).map(({ name }) => name)).toEqual(['Bern', 'Chur', 'Lima', 'Thun']);
    expect(observer.events).toEqual([]);
  });

  it('sends nothing when its signal is aborted', async () => {
    const signal = AbortSignal.abort();
    await failureOf(CanceledError, () => cityRepository.updateWhere({ id: 1 }, { population: 1 }, { signal }));
    expect(database.statements).toEqual([]);
  });

  it('joins the unit of work, which goes on after a failure, and tells the observers at its end', async () => {
    await new UnitOfWork(context).run(async () => {
      await cityRepository.updateWhere({ id: 1 }, { population: 1 });
      await failureOf(ConstraintError, () => cityRepository.updateWhere({ countryId: 1 }, { name: 'Same' }));
      await cityRepository.updateWhere({ id: 2 }, { population: 2 });
      expect(observer.events).toEqual([]);
    });
    expect(observer.events.map(({ keys }) => keys)).toEqual([['1'], ['2']]);
    expect((await byId()).slice(0, 2).map(({ population }) => population)).toEqual([1, 2]);
  });
});

describe('updateWhere in chunks', () => {
  it('writes all rows in the order of their keys, chunk by chunk', async () => {
    const done = await cityRepository.updateWhere({ countryId: 1 }, { population: 1 }, { chunkSize: 2 });
    expect(done).toEqual({ updated: 3 });
    expect(database.statements).toHaveLength(2);
    expect(observer.events.map(({ keys }) => keys)).toEqual([['1', '2'], ['4']]);
    expect((await byId()).map(({ population }) => population)).toEqual([1, 1, 10_000, 1]);
  });

  it('adds an increment once to each row, though every row still fits the filter', async () => {
    const options = { increment: ['population'], chunkSize: 1 } as const;
    await cityRepository.updateWhere({ population: { gte: 0 } }, { population: 1 }, options);
    expect((await byId()).map(({ population }) => population)).toEqual([131, null, 10_001, 41]);
  });

  it('goes by keys of several fields', async () => {
    const records = [1, 1, 2, 2, 2].map((cityId, i) => ({ cityId, day: `2024-01-0${i + 1}` }));
    await visitRepository.batchAdd(records);
    const options = { chunkSize: 2, increment: ['visitors'] } as const;
    expect(await visitRepository.updateWhere({}, { visitors: 1 }, { ...options, all: true })).toEqual({ updated: 5 });
    expect((await visitRepository.list()).map(({ visitors }) => visitors)).toEqual([2, 2, 2, 2, 2]);
  });

  it('keeps the chunks before the one that fails, and says how far it came', async () => {
    await sql`alter table city add constraint small check (population <> 45)`.execute(database.db);
    try {
      const options = { increment: ['population'], chunkSize: 2 } as const;
      const failing = () => cityRepository.updateWhere({}, { population: 5 }, { ...options, all: true });
      const error = await failureOf(PartialWriteError, failing);
      // The row of NULL is not written, and so is in no chunk.
      expect(error).toMatchObject({ operation: 'updateWhere', entity: 'City', written: 2, lastKey: 3, retry: 'never' });
      expect(error.cause).toBeInstanceOf(ConstraintError);
    } finally {
      await sql`alter table city drop constraint small`.execute(database.db);
    }
  });
});
