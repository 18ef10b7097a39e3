import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BatchOperations } from '@uno/batch';
import { type BatchError, column, type KeyOf, mapEntity, type NewRecord } from '@uno/domain';
import { ConfigError } from '@uno/postgres';
import fc from 'fast-check';
import { sql } from 'kysely';
import { batchErrorOf, failureOf } from '../support/failure-of.js';
import { samples } from '../support/sample.js';
import { goodRecords } from '../support/sample-arbitrary.js';
import { openTestContext, type TestContext } from '../support/test-context.js';
import { someTowns, towns } from '../support/town.js';

class Leg {
  trip!: string;
  number!: number;
  note!: string;
}
const legs = mapEntity(Leg, {
  table: 'leg',
  key: ['trip', 'number'],
  columns: {
    trip: column.uuid().default(sql`gen_random_uuid()`),
    number: column.integer().generated(),
    note: column.text(),
  },
});

class TownView {
  id!: number;
  name!: string;
}
const townView = mapEntity(TownView, {
  table: 'town_view',
  columns: { id: column.integer().generated(), name: column.text() },
});

let test: TestContext;
beforeAll(async () => {
  test = await openTestContext([towns, samples, legs]);
  await test.run('create view town_view as select * from town');
});
afterAll(() => test.close());
beforeEach(async () => {
  await test.run('truncate town, leg restart identity');
  test.statements.length = 0;
});

const operations = (batchSize = 1000) => new BatchOperations({ table: towns, db: test.db, config: { batchSize } });
const copies = () => test.statements.filter((text) => text.startsWith('copy'));

async function stored(table: string): Promise<string[]> {
  const { rows } = await sql
    .raw<{ row: string }>(`select t::text as row from ${table} as t order by 1`)
    .execute(test.db);
  return rows.map(({ row }) => row);
}

describe('records that are inserted', () => {
  it('are copied from 2000 in a chunk on, and not below', async () => {
    await operations(2000).batchInsert(someTowns(3999));
    expect(copies()).toHaveLength(1);
    await operations(1999).batchInsert(someTowns(1999, 4000));
    expect(copies()).toHaveLength(1);
    expect(await stored('town')).toHaveLength(5998);
  });

  it('are copied, or not, as it is asked for', async () => {
    await operations().batchInsert(someTowns(3), { transport: 'copy' });
    expect(copies()).toHaveLength(1);
    await operations().batchInsert(someTowns(1000, 10), { transport: 'unnest' });
    expect(copies()).toHaveLength(1);
  });

  it('are the same rows by every transport, for every type', async () => {
    const table = '"Odd schema"."sample ""of"" types"';
    const by = async (records: NewRecord<typeof samples>[], transport: 'copy' | 'unnest') => {
      await test.run(`truncate ${table}`);
      const { inserted } = await new BatchOperations({ table: samples, db: test.db }).batchInsert(records, {
        transport,
      });
      expect(inserted).toBe(records.length);
      return stored(table);
    };
    await fc.assert(
      fc.asyncProperty(goodRecords, async (records) => {
        expect(await by(records, 'copy')).toEqual(await by(records, 'unnest'));
      }),
      { numRuns: 100 },
    );
  });

  it('join the transaction of the caller when they are copied', async () => {
    const undone = test.db.transaction().execute(async (trx) => {
      await new BatchOperations({ table: towns, db: trx }).batchInsert(someTowns(600), { transport: 'copy' });
      expect(copies()).toHaveLength(1);
      throw new Error('undo');
    });
    await expect(undone).rejects.toThrow('undo');
    expect(await stored('town')).toEqual([]);
  });
});

describe('a record at fault among those that are copied', () => {
  const withTwice = [...someTowns(700), { name: 'town 3', country: 'FR' }, ...someTowns(100, 800)];

  it('is named, and nothing is written', async () => {
    const error: BatchError = await batchErrorOf(operations().batchInsert(withTwice, { transport: 'copy' }));
    expect(error).toMatchObject({ index: 700, sqlstate: '23505', constraint: 'town_country_name_key' });
    expect(await stored('town')).toEqual([]);
  });

  it('is left out under skip, and all others are written', async () => {
    const result = await operations().batchInsert(withTwice, { onRecordError: 'skip', transport: 'copy' });
    expect(result).toMatchObject({ inserted: 800, failed: 1, failures: [{ index: 700 }] });
    expect(await stored('town')).toHaveLength(800);
  });

  it('is named when its value is refused, before anything is sent', async () => {
    const wrong = [...someTowns(600), { name: 'lone \ud800', country: 'FR' }];
    expect(await batchErrorOf(operations().batchInsert(wrong, { transport: 'copy' }))).toMatchObject({
      index: 600,
      field: 'name',
    });
    expect(await stored('town')).toEqual([]);
  });
});

describe('returnKeys', () => {
  it.each([1, 3, 1200])('gives the keys of %i records in their order', async (count) => {
    const records = someTowns(count);
    const { keys, inserted } = await operations().batchInsert(records, { returnKeys: true, transport: 'copy' });
    const { rows } = await sql<{ id: number; name: string }>`select id, name from town`.execute(test.db);
    const names = new Map(rows.map(({ id, name }) => [id, name]));
    expect(inserted).toBe(count);
    expect(keys.map((key) => names.get(key))).toEqual(records.map(({ name }) => name));
  });

  it('gives composite keys, of which the database makes each part', async () => {
    const records = Array.from({ length: 600 }, (_, i) => ({ note: `leg ${i}` }));
    const { keys } = await new BatchOperations({ table: legs, db: test.db }).batchInsert(records, {
      returnKeys: true,
      transport: 'copy',
    });
    const entities = await new BatchOperations({ table: legs, db: test.db }).batchGet(keys);
    expect(entities.map((leg) => leg?.note)).toEqual(records.map(({ note }) => note));
    const first: KeyOf<typeof legs> | undefined = keys[0];
    expect(Object.keys(first ?? {})).toEqual(['trip', 'number']);
    expect(copies()).toHaveLength(1);
  });

  it('gives them under parallel and beside outcomes, too', async () => {
    const records = someTowns(1500);
    const { keys, outcomes } = await operations(500).batchInsert(records, {
      returnKeys: true,
      outcomes: true,
      parallel: true,
      transport: 'copy',
    });
    const entities = await operations().batchGet(keys);
    expect(entities.map((town) => town?.name)).toEqual(records.map(({ name }) => name));
    expect(outcomes.map(({ key, status }) => [key, status])).toEqual(keys.map((key) => [String(key), 'inserted']));
  });

  it('leaves out the keys of records that are left out', async () => {
    const records = [...someTowns(3), ...someTowns(1), ...someTowns(1, 9)];
    const { keys } = await operations().batchInsert(records, { returnKeys: true, onRecordError: 'skip' });
    const entities = await operations().batchGet(keys);
    expect(entities.map((town) => town?.name)).toEqual(['town 0', 'town 1', 'town 2', 'town 9']);
  });
});

describe('what contradicts itself', () => {
  it('is keys beside entities', async () => {
    const both = { returnKeys: true, returnModels: true };
    const call = Reflect.apply(operations().batchInsert, operations(), [someTowns(1), both]);
    expect(await failureOf(call)).toBeInstanceOf(ConfigError);
  });

  it('is a COPY of what cannot be copied, which says why', async () => {
    const operationsOnView = new BatchOperations({ table: townView, db: test.db });
    const call = operationsOnView.batchInsert([{ name: 'x' }], { transport: 'copy' });
    expect(String(await failureOf(call))).toContain('takes no COPY, because it is no table');
  });
});
