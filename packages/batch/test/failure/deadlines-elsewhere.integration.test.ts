import { getEventListeners } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type BatchConfig, BatchOperations, BatchProcessor } from '@uno/batch';
import { UnoContext, UnoDBRepository } from '@uno/domain';
import { CanceledError, ConfigError, OperationTimeoutError } from '@uno/postgres';
import { batchErrorOf, failureOf } from '../support/failure-of.js';
import { until } from '../support/until.js';
import { load, range } from './support/load.js';
import { busy, untilWaiting } from './support/sessions.js';
import { watchTimers } from './support/timers.js';
import { installTrips, TRIPPING, tripTimes } from './support/trips.js';
import { countOf, crates, openYard, type Yard } from './support/yard.js';

let yard: Yard;
let controller: AbortController;

beforeAll(async () => {
  yard = await openYard();
  await installTrips(yard);
});

afterAll(() => yard.close());

beforeEach(async () => {
  await yard.reset();
  controller = new AbortController();
});

afterEach(async () => {
  jest.restoreAllMocks();
  expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  await until('nothing is under way', async () => (await busy(yard)).length === 0);
  expect(yard.pool.totalCount - yard.pool.idleCount).toBe(0);
});

const reason = new Error('changed my mind');
const never = new Promise<never>(() => {});

function operationsOf(config: BatchConfig = {}) {
  return new BatchOperations({ table: crates, db: yard.db, config: { batchSize: 4, ...config } });
}

const strategies = ['single_query', 'chunked', 'parallel', 'pipelined', 'optimistic'] as const;

describe('a call that waits for a connection', () => {
  it.each([true, false])('gives up at once and sends nothing later on (batching %s)', async (batching) => {
    const taken = await Promise.all(range(1, 4).map(() => yard.pool.connect()));
    yard.statements.length = 0;
    const repository = new UnoDBRepository(new UnoContext({ db: yard.db }), crates);
    const signal = controller.signal;
    const failure = failureOf(
      batching ? operationsOf().batchInsert(load(10), { signal }) : repository.batchAdd(load(10), { signal }),
    );
    await until('it waits', () => yard.pool.waitingCount > 0);
    controller.abort(reason);
    expect(await failure).toMatchObject({ code: 'UNO_CANCELED', cause: reason });
    for (const client of taken) client.release();
    await until('nobody waits any more', () => yard.pool.waitingCount === 0);
    await until('all are back', () => yard.pool.totalCount === yard.pool.idleCount);
    expect(yard.statements.filter((text) => /insert|transaction/.test(text))).toEqual([]);
    expect(await countOf(yard)).toBe(0);
  });

  it('gives up when its time is over', async () => {
    const taken = await Promise.all(range(1, 4).map(() => yard.pool.connect()));
    const error = await failureOf(operationsOf().batchInsert(load(10), { timeoutMs: 20 }));
    expect(error).toBeInstanceOf(OperationTimeoutError);
    for (const client of taken) client.release();
    await until('all are back', () => yard.pool.totalCount === yard.pool.idleCount);
  });
});

describe('a call that pauses before it tries again', () => {
  const records = load(10).map((record, i) => ({ ...record, weight: i === 5 ? TRIPPING : 1, note: '40001' }));

  it.each(['chunked', 'parallel', 'pipelined', 'optimistic'] as const)('gives up at once (%s)', async (strategy) => {
    await tripTimes(yard, 100);
    jest.spyOn(Math, 'random').mockReturnValue(0.99);
    const warned: string[] = [];
    const logger = { info: () => {}, warn: (entry: object) => void warned.push(JSON.stringify(entry)) };
    const operations = operationsOf({ retryDelayMs: 20_000, logger });
    const failure = failureOf(operations.batchInsert(records, { strategy, signal: controller.signal }));
    await until('it pauses', () => warned.length > 0);
    const began = performance.now();
    controller.abort(reason);
    const error = await failure;
    expect(performance.now() - began).toBeLessThan(5_000);
    const canceled = strategy === 'parallel' ? Reflect.get(Object(error), 'cause') : error;
    expect(canceled).toBeInstanceOf(CanceledError);
    expect(canceled).toMatchObject({ cause: reason });
  });

  it('counts the pause as its time', async () => {
    await tripTimes(yard, 100);
    jest.spyOn(Math, 'random').mockReturnValue(0.99);
    const operations = operationsOf({ retryDelayMs: 20_000 });
    expect(await failureOf(operations.batchInsert(records, { timeoutMs: 100 }))).toBeInstanceOf(OperationTimeoutError);
    expect(await countOf(yard)).toBe(0);
  });

  it('gives up without batching, too', async () => {
    await tripTimes(yard, 100);
    // The pause cannot be chosen without batching, so chance makes it ten seconds.
    jest.spyOn(Math, 'random').mockReturnValue(100);
    const repository = new UnoDBRepository(new UnoContext({ db: yard.db }), crates);
    const failure = failureOf(repository.batchAdd(records, { signal: controller.signal }));
    await until('it was tried', () => yard.statements.some((text) => text === 'rollback'));
    controller.abort(reason);
    expect(await failure).toMatchObject({ code: 'UNO_CANCELED', cause: reason });
  });
});

/** Records of which the source never gives the one after `count`; it writes down that it was told to stop. */
function hanging(count: number) {
  const seen = { asked: 0, returned: 0 };
  const source: AsyncIterable<{ id: number; weight: number }> = {
    [Symbol.asyncIterator]: () => ({
      next: () => {
        seen.asked++;
        return seen.asked > count ? never : Promise.resolve({ value: { id: seen.asked, weight: 1 }, done: false });
      },
      return: () => {
        seen.returned++;
        return Promise.resolve({ value: undefined, done: true });
      },
    }),
  };
  return { source, seen };
}

describe('a call whose source hangs', () => {
  it.each(strategies)('gives up at once, rolls back, and closes the source (%s)', async (strategy) => {
    const { source, seen } = hanging(6);
    const failure = failureOf(operationsOf().batchInsert(source, { strategy, signal: controller.signal }));
    await until('the source hangs', () => seen.asked === 7);
    if (strategy === 'parallel') await until('a chunk is written', async () => (await countOf(yard)) === 4);
    controller.abort(reason);
    const error = await failure;
    expect(seen.returned).toBe(1);
    if (strategy === 'parallel') {
      expect(error).toMatchObject({ code: 'UNO_BATCH', cause: { code: 'UNO_CANCELED', cause: reason } });
      expect(await countOf(yard)).toBe(4);
    } else {
      expect(error).toMatchObject({ code: 'UNO_CANCELED', cause: reason });
      expect(await countOf(yard)).toBe(0);
    }
  });

  it('is out of time, too', async () => {
    const { source, seen } = hanging(2);
    const error = await failureOf(operationsOf().batchInsert(source, { timeoutMs: 30 }));
    expect(error).toBeInstanceOf(OperationTimeoutError);
    expect(seen.returned).toBe(1);
  });

  it('says which chunks are written all the same', async () => {
    const { source } = hanging(10);
    const error = await batchErrorOf(operationsOf().batchInsert(source, { atomicity: 'chunk', timeoutMs: 200 }));
    expect(error.cause).toBeInstanceOf(OperationTimeoutError);
    expect([...error.written]).toEqual(range(0, 7));
    expect(await countOf(yard)).toBe(8);
  });

  it('never asks the source of a call that is aborted already', async () => {
    const { source, seen } = hanging(6);
    const error = await failureOf(operationsOf().batchInsert(source, { signal: AbortSignal.abort(reason) }));
    expect(error).toMatchObject({ code: 'UNO_CANCELED', cause: reason });
    expect(seen.asked).toBe(0);
  });
});

describe('a call whose functions hang', () => {
  it.each(strategies)('gives up at once while preProcess does (%s)', async (strategy) => {
    let called = 0;
    const preProcess = (record: object) => (++called === 6 ? never : record);
    const options = { strategy, signal: controller.signal };
    const failure = failureOf(operationsOf({ preProcess }).batchInsert(load(10), options));
    await until('it hangs', () => called >= 6);
    controller.abort(reason);
    const error = await failure;
    expect(error).toMatchObject({ code: 'UNO_CANCELED', cause: reason });
    expect(await countOf(yard)).toBe(0);
  });

  it.each(strategies)('gives up at once while postProcess does (%s)', async (strategy) => {
    let called = 0;
    const postProcess = () => (++called === 6 ? never : undefined);
    const options = { strategy, signal: controller.signal };
    const failure = failureOf(operationsOf({ postProcess }).batchInsert(load(10), options));
    await until('it hangs', () => called >= 6);
    controller.abort(reason);
    const error = await failure;
    const canceled = strategy === 'parallel' ? Reflect.get(Object(error), 'cause') : error;
    expect(canceled).toBeInstanceOf(CanceledError);
    expect(canceled).toMatchObject({ cause: reason });
    expect(await countOf(yard)).toBe(error === canceled ? 0 : Reflect.get(Object(error), 'written').size);
  });

  it.each(['chunked', 'pipelined'] as const)('is out of time while postProcess hangs (%s)', async (strategy) => {
    const error = await failureOf(
      operationsOf({ postProcess: () => never }).batchInsert(load(10), { strategy, timeoutMs: 40 }),
    );
    expect(error).toBeInstanceOf(OperationTimeoutError);
    expect(await countOf(yard)).toBe(0);
  });

  it('says that it was cancelled when a function fails because of that', async () => {
    const processor = new BatchProcessor({ batchSize: 2 });
    let called = 0;
    const wait = (_: readonly number[], { signal }: { readonly signal: AbortSignal }) => {
      called++;
      return new Promise<void>((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    };
    const failure = failureOf(processor.process([1, 2, 3], wait, { signal: controller.signal }));
    await until('it works', () => called > 0);
    controller.abort(reason);
    expect(await failure).toMatchObject({ code: 'UNO_CANCELED', cause: reason });
    expect(await failureOf(processor.process([1, 2, 3], wait, { timeoutMs: 20 }))).toBeInstanceOf(
      OperationTimeoutError,
    );
    const pausing = (_: readonly number[], { signal }: { readonly signal: AbortSignal }) =>
      pause(60_000, undefined, { signal });
    expect(await failureOf(processor.process([1], pausing, { timeoutMs: 20 }))).toBeInstanceOf(OperationTimeoutError);
  });

  it('does not hide what a function failed with by itself', async () => {
    const cause = new Error('by itself');
    const postProcess = () => {
      controller.abort(reason);
      throw cause;
    };
    const call = operationsOf({ postProcess }).batchInsert(load(10), { signal: controller.signal });
    expect(await failureOf(call)).toMatchObject({ code: 'UNO_CALLBACK', cause });
  });
});

describe('a call that is cancelled between its chunks', () => {
  it.each([true, false])('says which of them are written (batching %s)', async (batching) => {
    const blocker = await yard.session();
    await yard.reset(range(1, 12).map((id) => ({ id, label: null, weight: 1, note: 'before', dockId: 1 })));
    await blocker.query('begin; update crate set weight = 3 where id = 6');
    const changes = range(1, 12).map((id) => ({ id, weight: 2 }));
    const call = { atomicity: 'chunk', batchSize: 4, signal: controller.signal } as const;
    const repository = new UnoDBRepository(new UnoContext({ db: yard.db }), crates);
    const failure = batchErrorOf(
      batching ? operationsOf().batchUpdate(changes, call) : repository.batchUpdate(changes, call),
    );
    await untilWaiting(yard);
    controller.abort(reason);
    const error = await failure;
    expect(error).toMatchObject({ index: undefined, retry: 'if-idempotent', cause: { cause: reason } });
    expect(error.cause).toBeInstanceOf(CanceledError);
    expect([...error.written]).toEqual([0, 1, 2, 3]);
    await blocker.query('rollback');
    expect((await yard.rows()).map(({ weight }) => weight)).toEqual([2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1]);
    await blocker.end();
  });

  it('leaves the transaction of the caller usable', async () => {
    const blocker = await yard.session();
    await yard.reset([{ id: 1, label: null, weight: 1, note: 'before', dockId: 1 }]);
    await blocker.query('begin; update crate set weight = 3 where id = 1');
    await yard.db.transaction().execute(async (db) => {
      const joined = new BatchOperations({ table: crates, db });
      await joined.batchInsert([{ id: 2, weight: 1 }]);
      const failure = failureOf(joined.batchUpdate([{ id: 1, weight: 2 }], { signal: controller.signal }));
      await untilWaiting(yard);
      controller.abort(reason);
      expect(await failure).toBeInstanceOf(CanceledError);
      await joined.batchInsert([{ id: 3, weight: 1 }]);
    });
    await blocker.query('rollback');
    expect((await yard.rows()).map(({ id, weight }) => [id, weight])).toEqual([
      [1, 1],
      [2, 1],
      [3, 1],
    ]);
    await blocker.end();
  });
});

describe('a call that is refused for its options', () => {
  it.each([true, false])('leaves no listener and no timer behind (batching %s)', async (batching) => {
    const repository = new UnoDBRepository(new UnoContext({ db: yard.db }), crates);
    const timers = watchTimers();
    const call = { strategy: 'parallel', atomicity: 'all', timeoutMs: 123_456, signal: controller.signal } as const;
    const refused = batching ? operationsOf().batchInsert(load(1), call) : repository.batchAdd(load(1), call);
    expect(await failureOf(refused)).toBeInstanceOf(ConfigError);
    expect(timers.running(123_456)).toBe(0);
  });
});
