import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BatchOperations } from '@uno/batch';
import type { WriteEvent } from '@uno/domain';
import { ConfigError, ConstraintError, StatementError, ValidationError } from '@uno/postgres';
import { Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import { batchErrorOf } from '../support/failure-of.js';
import { openTestContext, type TestContext } from '../support/test-context.js';
import { someTowns, Town, towns } from '../support/town.js';

let test: TestContext;
let operations: BatchOperations<typeof towns>;

beforeAll(async () => {
  test = await openTestContext([towns]);
  await test.run('alter table town add constraint populated check (population >= 0)');
  operations = new BatchOperations({ table: towns, db: test.db, config: { batchSize: 10 } });
});

afterAll(() => test.close());

beforeEach(() => test.run('truncate town restart identity'));

async function count(): Promise<number> {
  const { rows } = await sql<{ n: number }>`select count(*)::int as n from town`.execute(test.db);
  return rows[0]?.n ?? -1;
}

describe('a batch that fails', () => {
  it('writes nothing and names the record, its key, the constraint and the SQLSTATE', async () => {
    const records = someTowns(95).map((town, i) => ({ ...town, id: 1000 + i, population: i === 91 ? -1 : 0 }));
    const failure = await batchErrorOf(operations.batchInsert(records));
    expect(failure).toMatchObject({
      code: 'UNO_BATCH',
      operation: 'batchInsert',
      entity: 'Town',
      total: 95,
      index: 91,
      key: '1091',
      sqlstate: '23514',
      constraint: 'populated',
      retry: 'never',
    });
    expect(failure.cause).toBeInstanceOf(ConstraintError);
    expect(failure.message).toContain('record 91 (key 1091)');
    expect(await count()).toBe(0);
  });

  it('names a value that cannot be stored by record, field and kind, without showing it', async () => {
    const records = someTowns(25).map((town, i) => (i === 17 ? { ...town, name: 'secret\0' } : town));
    const failure = await batchErrorOf(operations.batchInsert(records));
    expect(failure).toMatchObject({ index: 17, field: 'name', sqlstate: undefined });
    expect(failure.cause).toBeInstanceOf(ValidationError);
    expect(failure.message).toContain('U+0000');
    expect(failure.message).not.toContain('secret');
    expect(await count()).toBe(0);
  });

  it.each([
    [
      'an unknown field',
      { name: 'x', nmae: 'y' },
      'unknown field "nmae". Known are: id, name, country, population, notes',
    ],
    ['a missing field', { country: 'CH' }, 'has no "name", which has no default'],
    ['a value of another type', { name: 3 }, 'text takes a string, not a number'],
    [
      'a number out of range',
      { name: 'x', population: 2 ** 31 },
      'integer takes an integer from -2147483648 to 2147483647',
    ],
    ['null where it is not allowed', { name: null }, 'the column is not nullable'],
    ['text that is too long', { name: 'x', country: 'four' }, 'varchar(3) takes up to 3 characters'],
    ['something that is no record', 7, 'Town record 1 is a number, not an object'],
    ['an entity of another class', new Date(), 'is a Date, where a Town or a plain object of its fields is expected'],
  ])('says what is wrong with %s', async (_, record, message) => {
    const records: never[] = [{ name: 'good' } as never, record as never];
    const failure = await batchErrorOf(operations.batchInsert(records));
    expect(failure).toMatchObject({ index: 1, cause: expect.any(ValidationError) });
    expect(failure.message).toContain(message);
    expect(await count()).toBe(0);
  });

  it('leaves the transaction of the caller usable', async () => {
    await test.db.transaction().execute(async (transaction) => {
      const inside = new BatchOperations({ table: towns, db: transaction });
      await inside.batchInsert([{ name: 'before' }]);
      const failure = await batchErrorOf(inside.batchInsert([{ name: 'new' }, { name: 'before' }]));
      expect(failure.index).toBe(1);
      await inside.batchInsert([{ name: 'after' }]);
    });
    expect(await count()).toBe(2);
  });

  it('is undone with the transaction of the caller', async () => {
    const stop = new Error('stop');
    const run = test.db.transaction().execute(async (transaction) => {
      await new BatchOperations({ table: towns, db: transaction }).batchInsert(someTowns(30));
      throw stop;
    });
    await expect(run).rejects.toBe(stop);
    expect(await count()).toBe(0);
  });

  it('names the record when a constraint is checked at COMMIT', async () => {
    await test.run('alter table town add constraint late unique (population) deferrable initially deferred');
    try {
      const failure = await batchErrorOf(
        operations.batchInsert(someTowns(15).map((town) => ({ ...town, population: 1 }))),
      );
      expect(failure).toMatchObject({ index: 1, constraint: 'late', sqlstate: '23505' });
      expect(await count()).toBe(0);
    } finally {
      await test.run('alter table town drop constraint late');
    }
  });

  it('throws what is no record’s fault as it is', async () => {
    class Nowhere extends Town {}
    const { mapEntity, column } = await import('@uno/domain');
    const nowhere = mapEntity(Nowhere, { table: 'nowhere', columns: { id: column.integer(), name: column.text() } });
    const missing = new BatchOperations({ table: nowhere, db: test.db });
    await expect(missing.batchInsert([{ id: 1, name: 'x' }])).rejects.toBeInstanceOf(StatementError);
    await expect(missing.batchGet([1])).rejects.toMatchObject({ code: 'UNO_STATEMENT', sqlstate: '42P01' });
  });

  it('tells nobody of a write', async () => {
    const events: WriteEvent[] = [];
    const observed = new BatchOperations({
      table: towns,
      db: test.db,
      observers: [{ written: (event) => events.push(event) }],
    });
    await observed.batchInsert([{ id: 5, name: 'a' }]);
    await batchErrorOf(observed.batchInsert([{ name: 'b' }, { name: 'a' }]));
    await observed.batchDelete([5, 6]);
    const about = { table: 'town', keyColumns: ['id'], outcome: 'committed' };
    expect(events).toEqual([
      { ...about, kind: 'insert', keys: ['5'] },
      { ...about, kind: 'delete', keys: ['5', '6'] },
    ]);
  });
});

describe('BatchOperations', () => {
  it('refuses a Kysely instance with another dialect', async () => {
    const pool = new pg.Pool({ connectionString: 'postgres://nobody@127.0.0.1:1/none' });
    const other = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
    expect(() => new BatchOperations({ table: towns, db: other })).toThrow(ConfigError);
    await other.destroy();
  });

  it('refuses an option that it does not know', async () => {
    const options: object = { batchsize: 3 };
    await expect(operations.batchInsert([], options)).rejects.toThrow('batchInsert has no option "batchsize"');
  });

  it('changes none of its inputs', async () => {
    const records = someTowns(3).map((town) => Object.freeze(town));
    await operations.batchInsert(Object.freeze(records));
    await operations.batchUpsert(Object.freeze(records), { constraintColumns: ['country', 'name'] });
    await operations.batchUpdate(Object.freeze([Object.freeze({ id: 1, name: 'z' })]));
    expect(records).toEqual(someTowns(3));
    expect((await operations.batchGet([1]))[0]?.name).toBe('z');
  });
});
