import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BatchOperations } from '@uno/batch';
import { BatchError } from '@uno/domain';
import { sql } from 'kysely';
import { samples } from '../support/sample.js';
import { openTestContext, type TestContext } from '../support/test-context.js';
import { someTowns, towns } from '../support/town.js';

let test: TestContext;
let operations: BatchOperations<typeof towns>;
const byName = { constraintColumns: ['country', 'name'] } as const;

beforeAll(async () => {
  test = await openTestContext([towns, samples]);
  operations = new BatchOperations({ table: towns, db: test.db, config: { batchSize: 4 } });
});

afterAll(() => test.close());

beforeEach(async () => {
  await test.run('truncate town restart identity');
  await operations.batchInsert([
    { name: 'a', population: 1, notes: { b: 1, a: [] } },
    { name: 'b', population: 2 },
  ]);
});

async function versions(): Promise<unknown> {
  return (await sql`select name, xmin from town order by name`.execute(test.db)).rows;
}

describe('batchUpsert', () => {
  it('tells inserted, updated and unchanged apart', async () => {
    const totals = await operations.batchUpsert(
      [
        { name: 'a', country: 'CH', population: 1 },
        { name: 'b', country: 'CH', population: 3 },
        { name: 'c', country: 'CH', population: 4 },
      ],
      byName,
    );
    expect(totals).toMatchObject({
      total: 3,
      inserted: 1,
      updated: 1,
      unchanged: 1,
      deleted: 0,
      skipped: 0,
      failed: 0,
    });
  });

  it('does not rewrite rows that are as asked', async () => {
    const before = await versions();
    const same = await operations.batchUpsert(
      [
        { name: 'a', country: 'CH', population: 1, notes: { b: 1, a: [] } },
        { name: 'b', country: 'CH', population: 2, notes: null },
      ],
      byName,
    );
    expect(same.unchanged).toBe(2);
    expect(await versions()).toEqual(before);
  });

  it('sees a change from and to NULL', async () => {
    const change = { name: 'a', country: 'CH', population: null };
    expect(await operations.batchUpsert([change], byName)).toMatchObject({ updated: 1 });
    expect(await operations.batchUpsert([change], byName)).toMatchObject({ unchanged: 1 });
    expect(await operations.batchUpsert([{ ...change, population: 1 }], byName)).toMatchObject({ updated: 1 });
  });

  it('leaves alone what a record does not say, and never changes a key', async () => {
    const { models } = await operations.batchUpsert([{ id: 77, name: 'a', country: 'CH', population: 5 }], {
      ...byName,
      returnModels: true,
    });
    expect(models).toEqual([{ id: 1, name: 'a', country: 'CH', population: 5, notes: { b: 1, a: [] } }]);
  });

  it('writes only updateColumns to rows that are there', async () => {
    const { models } = await operations.batchUpsert([{ name: 'a', country: 'CH', population: 9, notes: 'new' }], {
      ...byName,
      updateColumns: ['notes'],
      returnModels: true,
    });
    expect(models[0]).toMatchObject({ population: 1, notes: 'new' });
  });

  it('does nothing to rows that are there when updateColumns is empty', async () => {
    const totals = await operations.batchUpsert(
      [
        { name: 'a', country: 'CH', population: 9 },
        { name: 'z', country: 'CH' },
      ],
      { ...byName, updateColumns: [] },
    );
    expect(totals).toMatchObject({ inserted: 1, updated: 0, unchanged: 1 });
  });

  it('takes the key for the constraint if none is named', async () => {
    const totals = await operations.batchUpsert([
      { id: 1, name: 'renamed' },
      { id: 50, name: 'new' },
    ]);
    expect(totals).toMatchObject({ inserted: 1, updated: 1 });
    expect((await operations.batchGet([1]))[0]).toMatchObject({ name: 'renamed', population: 1 });
  });

  it('makes one row of records that mean the same, the later ones winning, in and across chunks', async () => {
    const input = Array.from({ length: 10 }, (_, i) => ({
      name: i % 2 === 0 ? 'a' : 'new',
      country: 'CH',
      population: i,
    }));
    const written = await operations.batchUpsert(input, { ...byName, returnModels: true });
    expect(written).toMatchObject({ total: 10, inserted: 1, updated: 1, skipped: 8 });
    expect(written.models.map(({ population }) => population)).toEqual([8, 9, 8, 9, 8, 9, 8, 9, 8, 9]);
  });

  it('takes entities with computed fields, also twice, and refuses such a field in a plain object', async () => {
    const own = new BatchOperations({ table: samples, db: test.db });
    const { models } = await own.batchInsert([{ id: 1, count: 4 }], { returnModels: true });
    expect(models[0]?.doubled).toBe(8);
    expect(await own.batchUpsert([...models, ...models])).toMatchObject({ unchanged: 1, skipped: 1 });
    const written: object = { id: 1, doubled: 9 };
    const failure = await own.batchUpsert([...models, written as { id: number }]).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'UNO_BATCH', index: 1, field: 'doubled' });
  });

  it('gives the rows in the order of the input, unchanged ones too', async () => {
    const { models } = await operations.batchUpsert(
      [
        { name: 'new', country: 'CH' },
        { name: 'b', country: 'CH' },
        { name: 'a', country: 'CH', population: 7 },
      ],
      { ...byName, returnModels: true },
    );
    expect(models.map(({ name, population }) => [name, population])).toEqual([
      ['new', null],
      ['b', 2],
      ['a', 7],
    ]);
  });

  it('names the record at fault and writes nothing', async () => {
    await test.run('alter table town add constraint small check (population < 100)');
    try {
      const before = await versions();
      const input = someTowns(20).map((town, i) => ({ ...town, population: i === 11 ? 100 : 1 }));
      const failure = await operations.batchUpsert(input, byName).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(BatchError);
      expect(failure).toMatchObject({ index: 11, constraint: 'small', operation: 'batchUpsert' });
      expect(await versions()).toEqual(before);
    } finally {
      await test.run('alter table town drop constraint small');
    }
  });

  it.each([
    ['an unknown constraint column', { constraintColumns: ['nmae'] }, 'Town has no field "nmae"'],
    ['no constraint column', { constraintColumns: [] }, 'names at least one field'],
    [
      'a constraint column among updateColumns',
      { ...byName, updateColumns: ['name'] },
      'it is one of the constraintColumns',
    ],
  ])('refuses %s', async (_, options, message) => {
    await expect(operations.batchUpsert([], options as never)).rejects.toThrow(message);
  });

  it('says so when no unique constraint has the columns', async () => {
    const options = { constraintColumns: ['population'] } as const;
    await expect(operations.batchUpsert([{ name: 'x', population: 1 }], options)).rejects.toMatchObject({
      code: 'UNO_STATEMENT',
      sqlstate: '42P10',
    });
  });

  it('refuses a record without a constraint column, by its index', async () => {
    const failure = await operations
      .batchUpsert([{ name: 'x', country: 'CH' }, { name: 'y' }], byName)
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'UNO_BATCH', index: 1, field: 'country' });
  });
});
