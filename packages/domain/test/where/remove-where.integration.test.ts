import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { column, mapEntity, PartialWriteError, UnitOfWork, UnoContext, UnoDBRepository } from '@uno/domain';
import { ConfigError, ConstraintError, OperationTimeoutError } from '@uno/postgres';
import { sql } from 'kysely';
import { type OpenDatabase, openDatabase } from '../support/database.js';
import { RecordingObserver } from '../support/observers.js';
import { visits } from '../support/world.js';
import { failureOf, unchecked } from '../support/wrong.js';

class Price {
  amount!: string;
  name!: string;
}
/** Its key has several texts for one value, and its table a schema and an odd name. */
const prices = mapEntity(Price, {
  table: 'the "price"',
  schema: 'shop',
  columns: { amount: column.numeric(), name: column.text() },
  key: 'amount',
});

let database: OpenDatabase;
let observer: RecordingObserver;
let context: UnoContext;
let repository: UnoDBRepository<typeof visits>;

beforeAll(async () => {
  database = await openDatabase([visits, prices]);
});
afterAll(() => database.close());

beforeEach(async () => {
  await database.empty();
  observer = new RecordingObserver();
  context = new UnoContext({ db: database.db, observers: [observer] });
  repository = new UnoDBRepository(context, visits);
  const records = [1, 1, 2, 3, 3].map((cityId, i) => ({ cityId, day: `2024-01-0${i + 1}`, visitors: i }));
  await repository.batchAdd(records);
  observer.events.length = 0;
  database.statements.length = 0;
});

const left = async () => (await repository.list({ orderBy: ['day'] })).map(({ visitors }) => visitors);

describe('removeWhere', () => {
  it('removes the rows that the filter finds by one statement, counts them and tells of them', async () => {
    expect(await repository.removeWhere({ cityId: { in: [1, 2] }, visitors: { gt: 0 } })).toEqual({ removed: 2 });
    expect(database.statements).toHaveLength(1);
    expect(await left()).toEqual([0, 3, 4]);
    const keys = expect.arrayContaining(['["1","2024-01-02"]', '["2","2024-01-03"]']);
    expect(observer.events).toMatchObject([{ table: 'visit', kind: 'delete', keys, outcome: 'committed' }]);
  });

  it('tells nothing where there is nothing to remove', async () => {
    expect(await repository.removeWhere({ cityId: 9 })).toEqual({ removed: 0 });
    expect(observer.events).toEqual([]);
  });

  it('removes chunk by chunk in the order of the key', async () => {
    expect(await repository.removeWhere({ visitors: { gt: 0 } }, { chunkSize: 3 })).toEqual({ removed: 4 });
    expect(database.statements).toHaveLength(2);
    expect(observer.events.map(({ keys }) => keys.length)).toEqual([3, 1]);
    expect(await left()).toEqual([0]);
  });

  it('is the transaction of the caller, who may undo it, in chunks too', async () => {
    const run = new UnitOfWork(context).run(async () => {
      expect(await repository.removeWhere({ visitors: { gt: 0 } }, { chunkSize: 1 })).toEqual({ removed: 4 });
      throw new Error('changed my mind');
    });
    await expect(run).rejects.toThrow('changed my mind');
    expect(await left()).toEqual([0, 1, 2, 3, 4]);
    expect(observer.events).toEqual([]);
  });

  it('counts what is left to it of what others are removing', async () => {
    let mine: Promise<{ removed: number }> | undefined;
    await database.db.transaction().execute(async (other) => {
      await sql`delete from visit where visitors in (1, 2)`.execute(other);
      mine = repository.removeWhere({ visitors: { gt: 0 } }, { chunkSize: 2 });
      await untilBlocked(database);
    });
    expect(await mine).toEqual({ removed: 2 });
    expect(await left()).toEqual([0]);
  });

  it('is done again after a failure that passes', async () => {
    await sql`create sequence tries`.execute(database.db);
    await sql`create function fail_once() returns trigger language plpgsql as $$ begin
      if nextval('tries') = 1 then raise exception 'again' using errcode = '40001'; end if; return old; end $$`.execute(
      database.db,
    );
    await sql`create trigger fail_once before delete on visit for each row execute function fail_once()`.execute(
      database.db,
    );
    try {
      expect(await repository.removeWhere({ cityId: 1 })).toEqual({ removed: 2 });
    } finally {
      await sql`drop trigger fail_once on visit`.execute(database.db);
    }
  });

  it('keeps the chunks before the one that fails, and says how far it came', async () => {
    await sql`create table stay (city_id integer, day date, foreign key (city_id, day) references visit)`.execute(
      database.db,
    );
    await sql`insert into stay values (2, '2024-01-03')`.execute(database.db);
    try {
      await failureOf(ConstraintError, () => repository.removeWhere({ cityId: { gte: 1 } }));
      expect(await left()).toHaveLength(5);
      const error = await failureOf(PartialWriteError, () =>
        repository.removeWhere({ cityId: { gte: 1 } }, { chunkSize: 2 }),
      );
      expect(error).toMatchObject({ written: 2, lastKey: { cityId: 1, day: '2024-01-02' } });
      expect(error.message).toMatch(
        /^removeWhere of Visit failed in a chunk; 2 rows of the chunks before are written\./,
      );
      expect(await left()).toEqual([2, 3, 4]);
    } finally {
      await sql`drop table stay`.execute(database.db);
    }
  });

  it('ends when its time is over', async () => {
    await database.db.transaction().execute(async (other) => {
      await sql`select from visit for update`.execute(other);
      const failing = () => repository.removeWhere({ cityId: 1 }, { timeoutMs: 50 });
      await failureOf(OperationTimeoutError, failing);
    });
    expect(await left()).toHaveLength(5);
  });

  it('works for a key of several spellings in a schema, of which observers hear that any row may be gone', async () => {
    const priceRepository = new UnoDBRepository(context, prices);
    await priceRepository.batchAdd(['1.0', '2', '3.00'].map((amount) => ({ amount, name: 'x' })));
    observer.events.length = 0;
    await priceRepository.updateWhere({ amount: { gt: '1' } }, { name: 'y' }, { chunkSize: 1 });
    expect(await priceRepository.removeWhere({ name: 'y' })).toEqual({ removed: 2 });
    expect(observer.events.map(({ kind, keys }) => [kind, keys])).toEqual([
      ['update', 'all'],
      ['update', 'all'],
      ['delete', 'all'],
    ]);
    expect(await priceRepository.list()).toEqual([{ amount: '1.0', name: 'x' }]);
  });
});

describe('a filter that would mean the whole table', () => {
  it.each<[string, unknown]>([
    ['none', undefined],
    ['null', null],
    ['an empty one', {}],
    ['an empty list of conditions', { and: [] }],
    ['an empty one in a list', { and: [{}, { and: [] }] }],
    ['an alternative that always holds', { or: [{ cityId: 1 }, {}] }],
    ['the opposite of no alternative', { not: { or: [] } }],
    ['not in an empty list', { cityId: { notIn: [] } }],
  ])('is refused: %s', async (_, filters) => {
    const error = await failureOf(ConfigError, () => repository.removeWhere(unchecked(filters)));
    expect(error.message).toMatch(
      /^removeWhere of Visit: the filter .* Say { all: true } if the whole table is meant\.$/,
    );
    await failureOf(ConfigError, () => repository.updateWhere(unchecked(filters), { visitors: 1 }));
    expect(database.statements).toEqual([]);
  });

  it('is taken when all rows are said to be meant', async () => {
    expect(await repository.removeWhere({}, { all: true })).toEqual({ removed: 5 });
  });

  it.each<[string, object]>([
    ['a condition', { cityId: 1 }],
    ['an alternative', { or: [{ cityId: 1 }, { cityId: 2 }] }],
    ['nothing', { cityId: { in: [] } }],
  ])('contradicts %s', async (_, filters) => {
    const error = await failureOf(ConfigError, () => repository.removeWhere(unchecked(filters), { all: true }));
    expect(error.message).toContain('Leave one of them out');
    expect(database.statements).toEqual([]);
  });

  it('is none that finds no rows', async () => {
    expect(await repository.removeWhere({ cityId: { in: [] } })).toEqual({ removed: 0 });
    expect(await repository.removeWhere({ or: [] })).toEqual({ removed: 0 });
    expect(await left()).toHaveLength(5);
  });

  it.each<[string, object]>([
    ['an unknown field', { ctiyId: 1 }],
    ['undefined', { cityId: undefined }],
    ['a field without an operator', { cityId: {} }],
    ['a list', { and: {} }],
  ])('is not told from a wrong one by its wrongness: %s', async (_, filters) => {
    await expect(repository.removeWhere(unchecked(filters))).rejects.not.toThrow('whole table');
    expect(database.statements).toEqual([]);
  });

  it('needs options that are known', async () => {
    const failing = repository.removeWhere({ cityId: 1 }, unchecked({ chunksize: 5 }));
    await expect(failing).rejects.toThrow(
      'removeWhere has no option "chunksize". Known are: all, chunkSize, timeoutMs, signal.',
    );
    await expect(repository.removeWhere({ cityId: 1 }, { chunkSize: 0 })).rejects.toThrow(ConfigError);
    expect(database.statements).toEqual([]);
  });
});

async function untilBlocked({ db }: OpenDatabase): Promise<void> {
  const blocked = sql`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
  while ((await blocked.execute(db)).rows.length === 0) await sql`select pg_sleep(0.01)`.execute(db);
}
