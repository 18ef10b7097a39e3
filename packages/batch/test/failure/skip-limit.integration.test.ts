import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BatchOperations, type EngineConfig } from '@uno/batch';
import { UnoContext, UnoDBRepository } from '@uno/domain';
import { ConfigError, ConstraintError } from '@uno/postgres';
import { batchErrorOf, failureOf } from '../support/failure-of.js';
import { given } from './support/give.js';
import { load, range } from './support/load.js';
import { countOf, crates, openYard, type Yard } from './support/yard.js';

let yard: Yard;

beforeAll(async () => {
  yard = await openYard();
});

afterAll(() => yard.close());
beforeEach(() => yard.reset());

const strategies = ['single_query', 'chunked', 'pipelined', 'optimistic', 'parallel'] as const;
const bad = [3, 12, 13, 27, 38];

function operationsOf(config: EngineConfig = {}) {
  return new BatchOperations({ table: crates, db: yard.db, config: { batchSize: 10, ...config } });
}

describe('maxFailures', () => {
  it.each(strategies)('is how many records may fail under %s', async (strategy) => {
    const options = { strategy, onRecordError: 'skip', maxFailures: bad.length } as const;
    const { failed, inserted } = await operationsOf().batchInsert(load(40, bad), options);
    expect({ failed, inserted }).toEqual({ failed: 5, inserted: 35 });
    expect(await countOf(yard)).toBe(35);
  });

  const given0to4 = [0, 1, 2, 3, 4].flatMap((maxFailures) =>
    (['single_query', 'chunked', 'pipelined', 'optimistic'] as const).map(
      (strategy) => [maxFailures, strategy] as const,
    ),
  );

  it.each(given0to4)(
    'of %i ends a %s call with the first record beyond, and tells of all that failed',
    async (maxFailures, strategy) => {
      const options = { strategy, onRecordError: 'skip', maxFailures } as const;
      const error = await batchErrorOf(operationsOf().batchInsert(load(40, bad), options));
      expect(error).toMatchObject({ index: bad[maxFailures], constraint: 'unlucky', total: expect.any(Number) });
      expect(error.cause).toBeInstanceOf(ConstraintError);
      expect(error.failures.map(({ index }) => index)).toEqual(bad.slice(0, maxFailures + 1));
      expect(error.written.size).toBe(0);
      expect(await countOf(yard)).toBe(0);
    },
  );

  it.each(given0to4)('of %i over a stream does the same (%s)', async (maxFailures, strategy) => {
    const records = given('stream', load(40, bad) as readonly unknown[] as readonly never[]);
    const options = { strategy, onRecordError: 'skip', maxFailures } as const;
    const error = await batchErrorOf(operationsOf().batchInsert(records, options));
    expect(error.failures.map(({ index }) => index)).toEqual(bad.slice(0, maxFailures + 1));
    expect(await countOf(yard)).toBe(0);
  });

  it.each(strategies)('counts under %s what was refused before it was sent, too', async (strategy) => {
    const records = load(40, [3, 25]).map((record, i) => (i === 7 ? { ...record, note: 'far too long' } : record));
    const skip = { strategy, onRecordError: 'skip' } as const;
    expect(await batchErrorOf(operationsOf().batchInsert(records, { ...skip, maxFailures: 2 }))).toBeDefined();
    await yard.reset();
    expect(await operationsOf().batchInsert(records, { ...skip, maxFailures: 3 })).toMatchObject({ failed: 3 });
  });

  it('of 0 is not the same as not said', async () => {
    const error = await batchErrorOf(
      operationsOf().batchInsert(load(5, [4]), { onRecordError: 'skip', maxFailures: 0 }),
    );
    expect(error.index).toBe(4);
  });

  it('without skip is a ConfigError', async () => {
    expect(await failureOf(operationsOf().batchInsert(load(1), { maxFailures: 1 }))).toBeInstanceOf(ConfigError);
    expect(yard.statements).toEqual([]);
  });

  it.each(['chunked', 'pipelined'] as const)(
    'tells under %s chunk by chunk which records are written',
    async (strategy) => {
      const options = { strategy, atomicity: 'chunk', onRecordError: 'skip', maxFailures: 4 } as const;
      const error = await batchErrorOf(operationsOf().batchInsert(load(40, bad), options));
      expect(error.index).toBe(38);
      expect(error.failures.map(({ index }) => index)).toEqual(bad);
      const done = range(0, 29).filter((index) => !bad.includes(index));
      expect([...error.written]).toEqual(done);
      expect((await yard.rows()).map(({ id }) => id - 1)).toEqual(done);
    },
  );

  it('holds for chunks side by side together, not for each of them', async () => {
    const options = { strategy: 'parallel', onRecordError: 'skip', maxFailures: 1 } as const;
    const error = await batchErrorOf(operationsOf({ batchSize: 5, maxWorkers: 3 }).batchInsert(load(40, bad), options));
    expect((await yard.rows()).map(({ id }) => id - 1)).toEqual([...error.written]);
    expect(error.failures.length).toBeGreaterThan(1);
    expect(error.failures.map(({ index }) => index).every((index) => bad.includes(index))).toBe(true);
  });

  it('does the same without batching', async () => {
    const repository = new UnoDBRepository(new UnoContext({ db: yard.db }), crates);
    const options = { outcomes: true, onRecordError: 'skip', maxFailures: 2, batchSize: 10 } as const;
    const all = await batchErrorOf(repository.batchAdd(load(40, bad), options));
    expect(all.failures.map(({ index }) => index)).toEqual([3, 12, 13]);
    expect(await countOf(yard)).toBe(0);
    const byChunk = await batchErrorOf(repository.batchAdd(load(40, bad), { ...options, atomicity: 'chunk' }));
    expect([byChunk.index, byChunk.failures.map(({ index }) => index)]).toEqual([13, [3, 12, 13]]);
    expect((await yard.rows()).map(({ id }) => id - 1)).toEqual([...byChunk.written]);
    expect([...byChunk.written]).toEqual([0, 1, 2, 4, 5, 6, 7, 8, 9]);
  });
});

describe('records of one key that are made one', () => {
  const rows = range(1, 5).map((id) => ({ id, label: null, weight: 1, note: 'before', dockId: 1 }));

  it.each([
    ['update', 'chunked'],
    ['update', 'optimistic'],
    ['upsert', 'chunked'],
    ['upsert', 'single_query'],
  ] as const)('are written but for the one at fault, even if that is the last (%s, %s)', async (kind, strategy) => {
    await yard.reset(rows);
    const records = [
      { id: 1, weight: 2 },
      { id: 2, weight: 2 },
      { id: 1, weight: 3, note: 'good' },
      { id: 1, weight: 13 },
    ];
    const options = { strategy, onRecordError: 'skip', outcomes: true } as const;
    const { failures, outcomes } = await (kind === 'update'
      ? operationsOf().batchUpdate(records, options)
      : operationsOf().batchUpsert(records, options));
    expect(failures).toMatchObject([{ index: 3, key: '1', error: { constraint: 'unlucky' } }]);
    expect(outcomes.map(({ status }) => status)).toEqual(['updated', 'updated', 'updated', 'failed']);
    expect((await yard.rows())[0]).toEqual({ id: 1, label: null, weight: 3, note: 'good', dockId: 1 });
  });
});

describe('the record that ends a call', () => {
  it('is the one that doing them one by one would have failed on, among several at fault', async () => {
    const twin = new UnoDBRepository(new UnoContext({ db: yard.db }), crates);
    const records = [
      ...load(15),
      { id: 16, weight: 1, dockId: 99 },
      { id: 3, weight: 1 },
      { id: 18, weight: 13 },
      { id: 19, weight: 1, note: 'far too long' },
    ];
    for (const order of [records, records.toReversed(), [...records.slice(15), ...records.slice(0, 15)]]) {
      const expected = await batchErrorOf(twin.batchAdd(order));
      for (const strategy of ['single_query', 'chunked', 'pipelined', 'optimistic'] as const) {
        const { index, key, message } = await batchErrorOf(
          operationsOf({ batchSize: 6 }).batchInsert(order, { strategy }),
        );
        expect({ index, key, message }).toEqual({
          index: expected.index,
          key: expected.key,
          message: expected.message,
        });
      }
    }
  });
});
