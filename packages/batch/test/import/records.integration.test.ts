import { Readable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type BatchConfig, BatchOperations, type RejectedRecord } from '@uno/batch';
import { BatchError } from '@uno/domain';
import { ConfigError, ValidationError } from '@uno/postgres';
import { sql } from 'kysely';
import { batchErrorOf, failureOf } from '../support/failure-of.js';
import { openTestContext, type TestContext } from '../support/test-context.js';
import { someTowns, towns } from '../support/town.js';

let context: TestContext;

beforeAll(async () => {
  context = await openTestContext([towns]);
});

afterAll(() => context.close());

beforeEach(() => context.run('truncate town restart identity'));

const operations = (config: BatchConfig = {}) =>
  new BatchOperations({ table: towns, db: context.db, config: { batchSize: 3, retryDelayMs: 0, ...config } });

async function names(): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`select name from town order by id`.execute(context.db);
  return rows.map(({ name }) => name);
}

const nothing = { inserted: 0, updated: 0, unchanged: 0, skipped: 0, failed: 0, resumed: 0 };

describe('an import', () => {
  it.each([
    ['an array', () => someTowns(7)],
    ['an iterable', () => someTowns(7).values()],
    [
      'an async iterable',
      async function* () {
        yield* someTowns(7);
      },
    ],
    ['a stream', () => Readable.from(someTowns(7))],
  ])('takes %s', async (_, source) => {
    const result = await operations().batchImport(source());
    expect(result).toEqual({ ...nothing, total: 7, inserted: 7, elapsedMs: expect.any(Number) });
    expect(await names()).toEqual(someTowns(7).map(({ name }) => name));
  });

  it('leaves rows alone that are there, unless it is told to update them', async () => {
    await operations().batchImport(someTowns(4));
    const newer = someTowns(6).map((town) => ({ ...town, population: town.name === 'town 1' ? 1 : 99 }));
    const uniqueFields = ['country', 'name'] as const;
    const left = await operations().batchImport(newer.slice(0, 5), { uniqueFields });
    expect(left).toMatchObject({ total: 5, inserted: 1, skipped: 4, unchanged: 0 });
    const updated = await operations().batchImport(newer, { uniqueFields, updateOnConflict: true });
    expect(updated).toMatchObject({ total: 6, inserted: 1, updated: 3, unchanged: 2 });
    const some = await operations().batchImport(
      newer.map((town) => ({ ...town, population: 5, notes: 'new' })),
      { uniqueFields, updateOnConflict: ['notes'] },
    );
    expect(some).toMatchObject({ updated: 6 });
    expect(await operations().batchGet([1])).toMatchObject([{ population: 99, notes: 'new' }]);
  });

  it('makes records of others by preProcess, and leaves those out for which that gives null', async () => {
    const result = await operations().batchImport([['a', 1] as const, ['b', -1] as const, ['c', 3] as const], {
      preProcess: async ([name, population]) => (population < 0 ? null : { name, population }),
    });
    expect(result).toMatchObject({ total: 3, inserted: 2, skipped: 1 });
    expect(await names()).toEqual(['a', 'c']);
  });

  it('is all or nothing, and names the record at fault', async () => {
    const records = someTowns(8).map((town, i) => (i === 6 ? { ...town, country: 'toolong' } : town));
    const failure = await batchErrorOf(operations().batchImport(records));
    expect(failure).toMatchObject({ operation: 'batchImport', index: 6, field: 'country' });
    expect(failure.line).toBeUndefined();
    expect(await names()).toEqual([]);
  });

  it('tells of every rejected record, whoever found it to be wrong', async () => {
    const rejected: RejectedRecord[] = [];
    await operations().batchImport([{ name: 'there', country: 'FR' }]);
    const records = [
      { name: 'one', country: 'FR', population: 1 },
      { name: 'two', country: 'long', population: 2 },
      { name: 'there', country: 'FR', population: 3 },
      { name: 'four', country: 'FR', population: 4 },
      { name: 'five', country: 'FR', population: 5 },
    ];
    const result = await operations().batchImport(records, {
      onRecordError: 'skip',
      onReject: async (one) => {
        rejected.push(one);
      },
      preProcess: (record) => {
        if (record.name === 'five') throw new Error('no fives');
        return record;
      },
    });
    expect(result).toMatchObject({ total: 5, inserted: 2, failed: 3 });
    expect(rejected).toMatchObject([
      { index: 1, line: 2, field: 'country', code: 'UNO_VALIDATION', record: records[1] },
      { index: 2, line: 3, code: 'UNO_CONSTRAINT', sqlstate: '23505', constraint: 'town_country_name_key' },
      { index: 4, line: 5, code: 'UNO_CALLBACK', reason: 'no fives' },
    ]);
  });

  it('gives up after too many failures', async () => {
    const records = someTowns(9).map((town) => ({ ...town, country: 'long' }));
    const options = { onRecordError: 'skip', maxFailures: 4 } as const;
    const failure = await batchErrorOf(operations().batchImport(records, options));
    expect(failure).toMatchObject({ index: 4 });
    expect(failure.failures).toHaveLength(5);
    expect(await names()).toEqual([]);
  });

  it('takes everything back in a dry run', async () => {
    const result = await operations().batchImport(someTowns(5), { dryRun: true });
    expect(result).toMatchObject({ total: 5, inserted: 5 });
    expect(await names()).toEqual([]);
  });

  it('gives but a number where that is enough', async () => {
    expect(await operations().batchImport(someTowns(5), { returnStats: false })).toBe(5);
  });

  it('joins a transaction of the caller', async () => {
    const doomed = context.db.transaction().execute(async (db) => {
      await new BatchOperations({ table: towns, db }).batchImport(someTowns(5));
      throw new RangeError('rolled back');
    });
    expect(await failureOf(doomed)).toBeInstanceOf(RangeError);
    expect(await names()).toEqual([]);
  });

  it('commits chunk by chunk side by side', async () => {
    const records = someTowns(20).map((town, i) => (i === 13 ? { ...town, country: 'long' } : town));
    const failure = await failureOf(operations().batchImport(records.values(), { parallel: true }), BatchError);
    expect(failure.index).toBe(13);
    expect(failure.written.size).toBe((await names()).length);
  });

  it.each([
    [{ updateOnConflict: true }, /needs uniqueFields/],
    [{ onReject: () => undefined }, /needs onRecordError/],
    [{ rejects: 'x' }, /needs onRecordError/],
    [{ checkpoint: 'x', atomicity: 'all' }, /chunk by chunk/],
    [{ checkpoint: 'x', dryRun: true }, /dry run/],
    [{ checkpoint: 'x', strategy: 'single_query' }, /single_query/],
    [{ dryRun: true, parallel: true }, /dry run/],
    [{ checkpoint: '' }, /checkpoint takes a name/],
  ] as const)('refuses options that contradict each other: %j', async (options, message) => {
    const failure = await failureOf(operations().batchImport(someTowns(1), options), ConfigError);
    expect(failure.message).toMatch(message);
  });

  it.each([
    ['a path', 'cities.csv'],
    ['bytes', Buffer.from('a')],
    ['a number', 5],
  ])('takes no %s', async (_, source) => {
    const given: unknown = source;
    const failure = await failureOf(operations().batchImport(given as never), ValidationError);
    expect(failure.message).toMatch(/batchImport takes/);
  });
});

describe('the size of an import’s chunks', () => {
  const chunks = async (config: BatchConfig, options: { batchSize?: number; optimizeForSize?: boolean }) => {
    const one = new BatchOperations({ table: towns, db: context.db, config });
    await one.batchImport(someTowns(5_000), options);
    return one.getMetrics().operations['batchImport']?.chunks;
  };

  it('is 1,000, what the configuration or the call says, or what is found out', async () => {
    expect(await chunks({}, {})).toBe(5);
    await context.run('truncate town');
    expect(await chunks({ batchSize: 2_000 }, {})).toBe(3);
    await context.run('truncate town');
    expect(await chunks({ batchSize: 1_000 }, { batchSize: 2_500 })).toBe(2);
    await context.run('truncate town');
    const found = await chunks({}, { optimizeForSize: true });
    await context.run('truncate town');
    expect(await chunks({ optimizeForSize: true }, {})).toBe(found);
  });
});
