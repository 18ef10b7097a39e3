import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type BatchConfig, BatchOperations } from '@uno/batch';
import { UnoContext, UnoDBRepository } from '@uno/domain';
import { SerializationError, UnoError } from '@uno/postgres';
import { batchErrorOf, failureOf } from '../support/failure-of.js';
import { given } from './support/give.js';
import { load, range } from './support/load.js';
import { installTrips, TRIPPING, tripTimes } from './support/trips.js';
import { countOf, crates, openYard, type Yard } from './support/yard.js';

let yard: Yard;

beforeAll(async () => {
  yard = await openYard();
  await installTrips(yard);
});

afterAll(() => yard.close());
beforeEach(() => yard.reset());

function operationsOf(config: BatchConfig = {}) {
  return new BatchOperations({
    table: crates,
    db: yard.db,
    config: { batchSize: 4, retryCount: 3, retryDelayMs: 1, ...config },
  });
}

/** Ten crates in three chunks; the one at a position makes the table trip. */
function tripping(at: number, sqlstate = '40001') {
  return load(10).map((record, i) => ({ ...record, weight: i === at ? TRIPPING : 1, note: sqlstate }));
}

function attempts(): number {
  return yard.statements.filter((text) => text.startsWith('insert')).length;
}

function transactions(): number {
  return yard.statements.filter((text) => text.startsWith('start transaction')).length;
}

describe('a failure that may pass', () => {
  it.each(['40001', '40P01', '55P03', '53200', '57P01', '08006'])('is tried again (%s)', async (sqlstate) => {
    await tripTimes(yard, 2);
    expect(await operationsOf().batchInsert(tripping(5, sqlstate))).toMatchObject({ inserted: 10, total: 10 });
    expect(transactions()).toBe(3);
    expect(await countOf(yard)).toBe(10);
  });

  it('repeats the whole transaction, not the statement', async () => {
    await tripTimes(yard, 1);
    await operationsOf().batchInsert(tripping(5));
    // The first chunk, the second, which fails; then all three.
    expect([transactions(), attempts()]).toEqual([2, 5]);
  });

  it('repeats a single statement that needs no transaction', async () => {
    await tripTimes(yard, 2);
    expect(await operationsOf({ batchSize: 100 }).batchInsert(tripping(5))).toMatchObject({ inserted: 10 });
    expect([transactions(), attempts()]).toEqual([0, 3]);
  });

  it.each(['chunked', 'pipelined', 'parallel'] as const)(
    'repeats only the chunk where chunks commit (%s)',
    async (strategy) => {
      await tripTimes(yard, 2);
      await operationsOf().batchInsert(tripping(5), { strategy, atomicity: 'chunk' });
      expect(attempts()).toBe(5);
      expect(await countOf(yard)).toBe(10);
    },
  );

  it.each(['single_query', 'chunked', 'pipelined', 'optimistic', 'parallel'] as const)(
    'gives every outcome and entity once (%s)',
    async (strategy) => {
      await tripTimes(yard, 2);
      const { models, outcomes, inserted } = await operationsOf().batchInsert(tripping(9), {
        strategy,
        returnModels: true,
        outcomes: true,
      });
      expect(inserted).toBe(10);
      expect(models.map(({ id }) => id)).toEqual(range(1, 10));
      expect(outcomes.map(({ index, status }) => [index, status])).toEqual(range(0, 9).map((i) => [i, 'inserted']));
    },
  );

  it('tells of a record that is left out once, when it is certain', async () => {
    await tripTimes(yard, 2);
    const heard: unknown[] = [];
    const operations = operationsOf({ onError: (error, record) => heard.push([error.code, record?.index]) });
    const records = tripping(9).map((record, i) => (i === 2 ? { ...record, weight: 13 } : record));
    expect(await operations.batchInsert(records, { onRecordError: 'skip' })).toMatchObject({ inserted: 9, failed: 1 });
    expect(heard).toEqual([['UNO_CONSTRAINT', 2]]);
  });

  it('calls preProcess once for a record, and postProcess again for what is done again', async () => {
    await tripTimes(yard, 1);
    const pre: number[] = [];
    const post: number[] = [];
    const operations = operationsOf({
      preProcess: (record, index) => {
        pre.push(index);
        return record;
      },
      postProcess: ({ index }) => {
        post.push(index);
      },
    });
    await operations.batchInsert(tripping(5));
    expect(pre).toEqual(range(0, 9));
    expect(post).toEqual([...range(0, 3), ...range(0, 9)]);
  });

  it.each(['single_query', 'optimistic'] as const)('does not iterate the source again (%s)', async (strategy) => {
    await tripTimes(yard, 2);
    let iterations = 0;
    const source = {
      *[Symbol.iterator]() {
        iterations++;
        yield* tripping(5);
      },
    };
    expect(await operationsOf().batchInsert(source, { strategy })).toMatchObject({ inserted: 10 });
    expect(iterations).toBe(1);
  });

  it.each(['chunked', 'pipelined'] as const)(
    'ends a %s call over a stream, whose records are gone',
    async (strategy) => {
      await tripTimes(yard, 1);
      const source = given('stream', tripping(5) as readonly unknown[] as readonly never[]);
      expect(await failureOf(operationsOf().batchInsert(source, { strategy }))).toBeInstanceOf(SerializationError);
      expect([transactions(), await countOf(yard)]).toEqual([1, 0]);
    },
  );

  it('does not make a pipeline forget the records that it has failed to read meanwhile', async () => {
    await tripTimes(yard, 1);
    const records = tripping(0).map((record, i) => (i === 5 ? { ...record, unheardOf: 1 } : record));
    const error = await batchErrorOf(operationsOf().batchInsert(records, { strategy: 'pipelined' }));
    expect([error.index, await countOf(yard)]).toEqual([5, 0]);
  });

  it('is the caller’s to repeat in a transaction of the caller', async () => {
    await tripTimes(yard, 1);
    const error = await failureOf(
      yard.db.transaction().execute((db) => new BatchOperations({ table: crates, db }).batchInsert(tripping(5))),
    );
    expect(error).toMatchObject({ sqlstate: '40001', retries: [], retry: 'whole-transaction' });
    expect(attempts()).toBe(1);
  });

  it('is tried again without batching, too', async () => {
    await tripTimes(yard, 2);
    const repository = new UnoDBRepository(new UnoContext({ db: yard.db }), crates);
    const { models, outcomes } = await repository.batchAdd(tripping(5), { outcomes: true });
    expect(models.map(({ id }) => id)).toEqual(range(1, 10));
    expect(outcomes).toHaveLength(10);
    expect(transactions()).toBe(3);
  });
});

describe('an error after attempts in vain', () => {
  const note = { sqlstate: '40001', code: 'UNO_SERIALIZATION', delayMs: expect.any(Number) };

  it('says how often it was tried and for what', async () => {
    await tripTimes(yard, 100);
    const error = await failureOf(operationsOf({ retryCount: 2 }).batchInsert(tripping(5)));
    expect(error).toMatchObject({ code: 'UNO_SERIALIZATION', retries: [note, note] });
    expect(String(error)).toContain('Tried 3 times: 40001, 40001 before.');
    expect([transactions(), await countOf(yard)]).toEqual([3, 0]);
  });

  it('says so even when some chunks are written', async () => {
    await tripTimes(yard, 100);
    const call = { atomicity: 'chunk' } as const;
    const error = await batchErrorOf(operationsOf({ retryCount: 1 }).batchInsert(tripping(5), call));
    expect([...error.written]).toEqual([0, 1, 2, 3]);
    expect(error).toMatchObject({ index: undefined, sqlstate: '40001', retry: 'if-idempotent', retries: [note] });
    expect(error.message).toContain('Tried 2 times: 40001 before.');
  });

  it('says so when a record is at fault in the end', async () => {
    await tripTimes(yard, 1);
    const records = tripping(5).map((record, i) => (i === 9 ? { ...record, weight: 13 } : record));
    const error = await batchErrorOf(operationsOf().batchInsert(records));
    expect(error).toMatchObject({ index: 9, constraint: 'unlucky', retries: [note], cause: { retries: [note] } });
    expect(error.message).toContain('Tried 2 times: 40001 before.');
    expect(error.message.match(/Tried/g)).toHaveLength(1);
  });

  it('says nothing of the kind where nothing was repeated', async () => {
    await tripTimes(yard, 1);
    const error = await failureOf(operationsOf({ retryCount: 0 }).batchInsert(tripping(5)));
    expect(error).toMatchObject({ sqlstate: '40001', retries: [] });
    expect(String(error)).not.toContain('Tried');
    expect(transactions()).toBe(1);
  });
});

describe('a failure that stays', () => {
  it.each([
    ['a constraint', '23514'],
    ['a value', '22003'],
    ['an exception of a trigger', 'P0001'],
    ['a cancel of somebody else', '57014'],
    ['a missing table', '42P01'],
    ['an error of the server', 'XX000'],
  ])('is not tried again: %s (%s)', async (_, sqlstate) => {
    await tripTimes(yard, 100);
    const error = await failureOf(operationsOf().batchInsert(tripping(5, sqlstate)));
    expect(UnoError.is(error) && error.retries).toEqual([]);
    expect([transactions(), await countOf(yard)]).toEqual([1, 0]);
  });
});
