import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BatchOperations, type ConflictRows } from '@uno/batch';
import { CallbackError, column, DuplicateRecordError, mapEntity } from '@uno/domain';
import { ConfigError, ValidationError } from '@uno/postgres';
import { sql } from 'kysely';
import { batchErrorOf, failureOf } from '../support/failure-of.js';
import { until } from '../support/until.js';
import { type OpenTable, openTable } from '../tables/support/open-table.js';

class Stock {
  id!: number;
  sku!: string;
  amount!: number;
  seen!: number;
}
const stocks = mapEntity(Stock, {
  table: 'stock',
  columns: {
    id: column.integer().generated(),
    sku: column.text(),
    amount: column.integer().named('how many'),
    seen: column.integer().default(0),
  },
});

let table: OpenTable;
let operations: BatchOperations<typeof stocks>;
const bySku = { constraintColumns: ['sku'] } as const;

beforeAll(async () => {
  table = await openTable([
    `create table stock (id serial primary key, sku text not null unique, "how many" integer not null check ("how many" >= 0),
      seen integer not null default 0)`,
  ]);
  operations = new BatchOperations({ table: stocks, db: table.db, config: { batchSize: 3 } });
});
afterAll(() => table.close());
beforeEach(async () => {
  await table.run('truncate stock restart identity');
  await table.run(`insert into stock (sku, "how many", seen) values ('a', 1, 10), ('b', 2, 20)`);
});

const shown = () => table.run('select sku, "how many", seen from stock order by sku');
const versions = () => table.run('select sku, xmin, ctid from stock order by sku');
const statuses = (result: { readonly outcomes: readonly { readonly status: string }[] }) =>
  result.outcomes.map(({ status }) => status);
const strategies = ['single_query', 'chunked', 'parallel', 'pipelined', 'optimistic'] as const;

describe('onConflict: nothing', () => {
  it('leaves rows alone that are there', async () => {
    const before = await versions();
    const records = ['a', 'c', 'b', 'd'].map((sku) => ({ sku, amount: 9 }));
    const options = { ...bySku, onConflict: 'nothing', outcomes: true } as const;
    const result = await operations.batchUpsert(records, options);
    expect(result).toMatchObject({ total: 4, inserted: 2, updated: 0, unchanged: 2 });
    expect(statuses(result)).toEqual(['unchanged', 'inserted', 'unchanged', 'inserted']);
    expect(result.outcomes.map(({ key }) => key)).toEqual(['1', expect.any(String), '2', expect.any(String)]);
    expect((await versions()).slice(0, 2)).toEqual(before);
  });

  it.each(strategies)(
    'gives rows that are there and new ones in the order of the input, under %s',
    async (strategy) => {
      const before = await versions();
      const records = ['c', 'a', 'd', 'b', 'e', 'a', 'c'].map((sku) => ({ sku, amount: 9 }));
      const options = { ...bySku, onConflict: 'nothing', returnModels: true, strategy } as const;
      const { models } = await operations.batchUpsert(records, options);
      expect(models.map(({ sku, amount }) => `${sku}${amount}`)).toEqual(['c9', 'a1', 'd9', 'b2', 'e9', 'a1', 'c9']);
      expect((await versions()).slice(0, 2)).toEqual(before);
    },
  );

  it('gives every caller the same rows, whoever was first', async () => {
    const names = Array.from({ length: 40 }, (_, i) => `n${i}`);
    const callers = await Promise.all(
      [1, 2, 3, 4].map((caller) =>
        operations.batchUpsert(
          names.map((sku) => ({ sku, amount: caller })),
          { ...bySku, onConflict: 'nothing', returnModels: true, batchSize: 10 },
        ),
      ),
    );
    const [first] = callers;
    for (const { models } of callers) expect(models).toEqual(first?.models);
    expect(callers.reduce((sum, { inserted }) => sum + inserted, 0)).toBe(40);
    expect(callers.reduce((sum, { unchanged }) => sum + unchanged, 0)).toBe(120);
  });

  it('gives a row that another session has not committed when the call begins', async () => {
    await table.run('begin');
    await table.run(`insert into stock (sku, "how many") values ('c', 77)`);
    const getting = operations.batchUpsert(
      ['b', 'c', 'd'].map((sku) => ({ sku, amount: 9 })),
      { ...bySku, onConflict: 'nothing', returnModels: true },
    );
    await until('the upsert waits for a lock', async () => {
      await table.run('select pg_stat_clear_snapshot()');
      const [[count] = []] = await table.run(
        `select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`,
      );
      return count !== '0';
    });
    await table.run('commit');
    const { models, inserted } = await getting;
    expect(models.map(({ sku, amount }) => `${sku}${amount}`)).toEqual(['b2', 'c77', 'd9']);
    expect(inserted).toBe(1);
  });

  it('is refused beside options about what to update', async () => {
    for (const more of [{ updateColumns: ['amount'] }, { skipUnchanged: true }, { updateWhere: () => sql`true` }]) {
      const options = { ...bySku, onConflict: 'nothing', ...more } as never;
      const { message } = await failureOf(operations.batchUpsert([], options), ConfigError);
      expect(message).toContain('under onConflict "nothing" no row is updated');
    }
  });
});

describe('skipUnchanged: false', () => {
  it('writes rows, too, that are as asked', async () => {
    const before = await versions();
    const records = [
      { sku: 'a', amount: 1 },
      { sku: 'b', amount: 2 },
    ];
    expect(await operations.batchUpsert(records, bySku)).toMatchObject({ unchanged: 2 });
    expect(await versions()).toEqual(before);
    expect(await operations.batchUpsert(records, { ...bySku, skipUnchanged: false })).toMatchObject({ updated: 2 });
    expect(await versions()).not.toEqual(before);
  });
});

describe('updateWhere', () => {
  const records = [
    { sku: 'a', amount: 5, seen: 11 },
    { sku: 'b', amount: 5, seen: 19 },
    { sku: 'c', amount: 5, seen: 1 },
  ];

  it('decides by the row that is there and the record', async () => {
    const result = await operations.batchUpsert(records, {
      ...bySku,
      outcomes: true,
      updateWhere: ({ current, proposed }) => sql<boolean>`${current.seen} < ${proposed.seen}`,
    });
    expect(statuses(result)).toEqual(['updated', 'unchanged', 'inserted']);
    expect(await shown()).toEqual([
      ['a', '5', '11'],
      ['b', '2', '20'],
      ['c', '5', '1'],
    ]);
  });

  it.each([true, false])('takes values as parameters (outcomes: %s)', async (outcomes) => {
    const least = 15;
    const options = {
      ...bySku,
      updateWhere: ({ current }: ConflictRows<typeof stocks>) => sql`${current.seen} > ${least} and '$1' <> ${'$2'}`,
    };
    const result = await (outcomes
      ? operations.batchUpsert(records, { ...options, outcomes })
      : operations.batchUpsert(records, options));
    expect(result).toMatchObject({ inserted: 1, updated: 1, unchanged: 1 });
    expect((await shown())[1]).toEqual(['b', '5', '19']);
  });

  it('writes nothing over a row of which it cannot be told', async () => {
    const options = { ...bySku, updateWhere: () => sql`null::boolean`, returnModels: true } as const;
    const { models, unchanged } = await operations.batchUpsert(records, options);
    expect(models.map(({ amount }) => amount)).toEqual([1, 2, 5]);
    expect(unchanged).toBe(2);
  });

  it('works record by record, too', async () => {
    for (const record of records) {
      await operations.batchUpsert([record], {
        ...bySku,
        updateWhere: ({ current, proposed }) => sql`${current.seen} < ${proposed.seen} and ${100} > ${proposed.seen}`,
      });
    }
    expect((await shown()).map(([, amount]) => amount)).toEqual(['5', '2', '5']);
  });

  it('is a condition of Kysely', async () => {
    const options = { ...bySku, updateWhere: () => 'true' } as never;
    const { message } = await failureOf(operations.batchUpsert(records, options), ConfigError);
    expect(message).toBe("batchUpsert: updateWhere gives a condition made by Kysely's sql, not a string.");
  });
});

describe.each(strategies)('records of one row, under %s,', (strategy) => {
  const records = [
    { sku: 'x', amount: 1, seen: 5 },
    { sku: 'a', amount: 10 },
    { sku: 'y', amount: 2 },
    { sku: 'z', amount: 2 },
    { sku: 'x', amount: 3 },
    { sku: 'a', amount: 20 },
    { sku: 'x', amount: 4 },
  ];
  const options = { ...bySku, outcomes: true, returnModels: true, strategy } as const;
  const sources = [
    ['an array', () => records],
    ['an iterator', () => records.values()],
  ] as const;

  it.each(sources)('the last counts, and what it leaves out stays (%s)', async (_, source) => {
    await operations.batchUpsert(source(), { ...options, duplicates: 'last' });
    expect(await shown()).toEqual([
      ['a', '20', '10'],
      ['b', '2', '20'],
      ['x', '4', '5'],
      ['y', '2', '0'],
      ['z', '2', '0'],
    ]);
  });

  it.each(sources)('the first counts (%s)', async (_, source) => {
    const result = await operations.batchUpsert(source(), { ...options, duplicates: 'first' });
    const expected = ['inserted', 'updated', 'inserted', 'inserted', 'skipped', 'skipped', 'skipped'];
    expect(statuses(result)).toEqual(expected);
    expect(result).toMatchObject({ total: 7, inserted: 3, updated: 1, skipped: 3 });
    expect(result.models.map(({ sku, amount }) => `${sku}${amount}`)).toEqual([
      ...['x1', 'a10', 'y2', 'z2'],
      ...['x1', 'a10', 'x1'],
    ]);
    expect((await shown()).map(([sku, amount]) => `${sku}${amount}`)).toEqual(['a10', 'b2', 'x1', 'y2', 'z2']);
  });

  it.each(sources)('are refused before anything is sent (%s)', async (_, source) => {
    table.sent.length = 0;
    const error = await batchErrorOf(operations.batchUpsert(source(), { ...options, duplicates: 'error' }));
    expect(error).toMatchObject({ index: 4, cause: { code: 'UNO_DUPLICATE_RECORD', index: 4, firstIndex: 0 } });
    expect(error.cause).toBeInstanceOf(DuplicateRecordError);
    expect(error.cause.message).toBe('Stock record 4 means the same row as record 0.');
    expect(table.sent.filter((text) => text.includes('insert'))).toEqual([]);
  });

  it.each(sources)('are left out but for the first, where records at fault are (%s)', async (_, source) => {
    const skipping = { ...options, duplicates: 'error', onRecordError: 'skip' } as const;
    const result = await operations.batchUpsert(source(), skipping);
    expect(result.failures.map(({ index, error }) => [index, error.code])).toEqual([
      [4, 'UNO_DUPLICATE_RECORD'],
      [5, 'UNO_DUPLICATE_RECORD'],
      [6, 'UNO_DUPLICATE_RECORD'],
    ]);
    expect(result).toMatchObject({ total: 7, inserted: 3, updated: 1, failed: 3 });
  });

  it.each(sources)('are made one by a function (%s)', async (_, source) => {
    const result = await operations.batchUpsert(source(), {
      ...options,
      duplicates: (earlier, later) => ({ ...earlier, amount: earlier.amount + later.amount }),
    });
    const expected = ['skipped', 'skipped', 'inserted', 'inserted', 'skipped', 'updated', 'inserted'];
    expect(statuses(result)).toEqual(expected);
    expect(await shown()).toEqual([
      ['a', '30', '10'],
      ['b', '2', '20'],
      ['x', '8', '5'],
      ['y', '2', '0'],
      ['z', '2', '0'],
    ]);
  });

  it('fail as one where what they come to is refused', async () => {
    const result = await operations.batchUpsert(records, {
      ...options,
      onRecordError: 'skip',
      duplicates: (earlier, later) => ({ ...earlier, amount: later.amount === 4 ? -1 : 6 }),
    });
    expect(result).toMatchObject({ total: 7, inserted: 2, updated: 1, skipped: 3, failed: 1 });
    expect(result.failures.map(({ index }) => index)).toEqual([6]);
    expect((await shown()).map(([sku, amount]) => `${sku}${amount}`)).toEqual(['a6', 'b2', 'y2', 'z2']);
  });

  it('name the one whose merging throws, or gives no record', async () => {
    const thrown = new Error('no');
    const throwing = operations.batchUpsert(records, {
      ...options,
      duplicates: () => {
        throw thrown;
      },
    });
    const error = await batchErrorOf(throwing);
    expect(error).toMatchObject({ index: 4, cause: { code: 'UNO_CALLBACK', callback: 'duplicates', cause: thrown } });
    expect(error.cause).toBeInstanceOf(CallbackError);
    const wrong = operations.batchUpsert(records, { ...options, duplicates: () => ({ sku: 5 }) as never });
    expect((await batchErrorOf(wrong)).cause).toBeInstanceOf(ValidationError);
    const moved = operations.batchUpsert(records, { ...options, duplicates: (one) => ({ ...one, sku: 'other' }) });
    expect((await batchErrorOf(moved)).cause).toBeInstanceOf(ValidationError);
    expect((await shown()).length).toBe(2);
  });
});

describe('upserts of the same rows at a time', () => {
  it('tell by whom each row was made', async () => {
    const names = Array.from({ length: 60 }, (_, i) => `n${i}`);
    const callers = [1, 2, 3, 4].map((caller) =>
      operations.batchUpsert(
        names.map((sku) => ({ sku, amount: caller })),
        { ...bySku, outcomes: true, batchSize: 20, strategy: caller % 2 ? 'chunked' : 'single_query' },
      ),
    );
    const results = await Promise.all(callers);
    for (const [i] of names.entries()) {
      const each = results.map(({ outcomes }) => outcomes[i]?.status);
      expect(each.filter((status) => status === 'inserted')).toHaveLength(1);
      expect(each.filter((status) => status === 'updated')).toHaveLength(3);
    }
    const total = await table.run(`select count(*) from stock where sku like 'n%'`);
    expect(total).toEqual([['60']]);
  });
});
