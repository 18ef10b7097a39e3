import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type BatchConfig, BatchOperations } from '@uno/batch';
import { ConfigError, ValidationError } from '@uno/postgres';
import { TrackedSource } from '../engine/support/tracked-source.js';
import { batchErrorOf, failureOf } from '../support/failure-of.js';
import { openTestContext, type TestContext } from '../support/test-context.js';
import { someTowns, towns } from '../support/town.js';
import { good, goods, someGoods } from './support/goods.js';

let test: TestContext;

beforeAll(async () => {
  test = await openTestContext([goods, towns]);
});
afterAll(() => test.close());
beforeEach(async () => {
  await test.run('truncate good, town');
  test.statements.length = 0;
});

function operationsOf(config: BatchConfig = {}): BatchOperations<typeof goods> {
  return new BatchOperations({ table: goods, db: test.db, config });
}

describe('batchSync refuses', () => {
  it.each([
    ['parallel', { parallel: true }, 'batchSync is one transaction: it takes neither parallel'],
    ['the strategy of that name', { strategy: 'parallel' }, 'batchSync is one transaction'],
    ['chunks that commit by themselves', { atomicity: 'chunk' }, 'batchSync is one transaction'],
    ['a filter that is undefined', { filters: undefined }, 'filters is undefined, which would mean the whole table'],
    ['a filter that is none', { filters: 'all' }, 'batchSync: filters takes a filter, not all.'],
    [
      'less than no deletion',
      { maxDeletions: -1 },
      'maxDeletions takes a whole number from 0, or { fraction } from 0 to 1, not -1.',
    ],
    ['a part of a deletion', { maxDeletions: 0.5 }, 'maxDeletions takes a whole number from 0, or { fraction }'],
    ['more than all', { maxDeletions: { fraction: 1.5 } }, 'maxDeletions takes'],
    ['a fraction of something', { maxDeletions: { fraction: 0.5, of: 'all' } }, 'maxDeletions takes'],
    ['entities', { returnModels: true }, 'batchSync has no option "returnModels". Known are: batchSize'],
    ['a dry run that is neither', { dryRun: 'yes' }, 'dryRun takes true or false, not yes.'],
    ['a limit of failures without skipping', { maxFailures: 1 }, "it needs onRecordError: 'skip'"],
    ['to update the key', { updateColumns: ['id'] }, '"id" cannot be among updateColumns'],
  ])('%s', async (_, options, message) => {
    const error = await failureOf(operationsOf().batchSync([good(1)], options as object), ConfigError);
    expect(error.message).toContain(message);
    expect(test.statements).toEqual([]);
  });

  it('a filter with a value that is undefined, which would find everything', async () => {
    const filters = { shop: undefined } as object;
    await failureOf(operationsOf().batchSync([good(1)], { filters }), ValidationError);
    expect(test.statements).toEqual([]);
  });

  it('a record without its key', async () => {
    const operations = new BatchOperations({ table: towns, db: test.db });
    const error = await batchErrorOf(operations.batchSync(someTowns(1)));
    expect(error).toMatchObject({ index: 0, field: 'id' });
  });
});

describe('batchSync', () => {
  it('reads a stream no faster than it writes, and does not keep it', async () => {
    const source = new TrackedSource(someGoods(1, 1000));
    const taken: number[] = [];
    const onProgress = ({ processed }: { processed: number }) => void taken.push(source.taken - processed);
    const result = await operationsOf({ batchSize: 10 }).batchSync(source.async, { onProgress });
    expect(result).toMatchObject({ total: 1000, inserted: 1000 });
    expect(taken).toHaveLength(100);
    expect(Math.max(...taken)).toBe(0);
  });

  it('counts its calls and records in the metrics, and its statements too', async () => {
    const operations = operationsOf({ batchSize: 5 });
    await operations.batchSync(someGoods(1, 10));
    const { batchSync } = operations.getMetrics().operations;
    expect(batchSync).toMatchObject({ calls: 1, recordsTotal: 10, recordsSuccessful: 10, chunks: 2 });
    // Two a chunk, and the temporary table, its numbers, and the deletion.
    expect(batchSync?.statements).toBe(7);
  });

  it('gives post-processing every record, before it is certain', async () => {
    const seen: unknown[] = [];
    const operations = operationsOf({ postProcess: ({ key, status }) => void seen.push([key, status]) });
    await operations.batchInsert([good(1), good(3)]);
    seen.length = 0;
    expect(await operations.batchSync([good(1), good(2)])).toMatchObject({ deleted: 1 });
    expect(seen).toEqual([
      ['1', 'unchanged'],
      ['2', 'inserted'],
    ]);
  });

  it('writes what preProcess makes of a record, and by its key', async () => {
    const operations = operationsOf({
      preProcess: (record) => {
        const id = Number(Reflect.get(record, 'id'));
        return id === 4 ? null : { ...record, id: id + 1 };
      },
    });
    await operationsOf().batchInsert(someGoods(1, 5));
    const result = await operations.batchSync([good(1), good(2), good(4)]);
    expect(result).toMatchObject({ total: 3, updated: 2, skipped: 1, deleted: 3 });
    const found = await operationsOf().batchGet([1, 2, 3, 4, 5]);
    expect(found.map((one) => one?.name)).toEqual([undefined, 'good 1', 'good 2', undefined, undefined]);
  });
});
