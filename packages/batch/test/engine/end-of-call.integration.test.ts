import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type BatchConfig, BatchOperationsPort, BatchProcessor } from '@uno/batch';
import { BatchError, UnoContext, UnoDBRepository } from '@uno/domain';
import { CanceledError, OperationTimeoutError } from '@uno/postgres';
import { failureOf } from '../support/failure-of.js';
import { someTowns, towns } from '../support/town.js';
import { until } from '../support/until.js';
import { EngineDatabase, type TownPool } from './support/engine-database.js';
import { Gate } from './support/gate.js';
import { settle } from './support/settle.js';
import { strategies } from './support/strategies.js';

let database: EngineDatabase;
let pool: TownPool;

beforeAll(async () => {
  database = await EngineDatabase.open();
  pool = database.connect(4);
});

afterAll(() => database.close());

beforeEach(() => database.reset());

const hangs = () => new Promise<never>(() => undefined);
const config: BatchConfig = { batchSize: 2, maxWorkers: 3, retryDelayMs: 0 };

/** Towns of which the one at a position has the name of the first. */
function oneBad(count: number, at: number) {
  return someTowns(count).map((town, i) => (i === at ? { ...town, name: 'town 0' } : town));
}

describe('an async function of the caller’s that hangs', () => {
  it.each(strategies)('does not keep a call from ending in time: %s', async (strategy) => {
    const options = { strategy, timeoutMs: 50, onProgress: hangs };
    const progress = await failureOf(pool.operations(config).batchInsert(someTowns(5), options));
    expect(Object(progress).cause ?? progress).toBeInstanceOf(OperationTimeoutError);
    const skipping = { strategy, timeoutMs: 50, onRecordError: 'skip' } as const;
    const listening = pool.operations({ ...config, onError: hangs });
    const told = await failureOf(listening.batchInsert(oneBad(4, 3), skipping));
    expect(Object(told).cause ?? told).toBeInstanceOf(OperationTimeoutError);
    // One that was asked for when the time was over may still be opened then.
    await until('every connection is back', () => pool.pool.totalCount === pool.pool.idleCount);
  });

  it('does not do so without batching either', async () => {
    const batch = new BatchOperationsPort({ ...config, onError: hangs });
    const context = new UnoContext({ db: pool.db, batch });
    const repository = new UnoDBRepository(context, towns, { useBatchOperations: false, timeoutMs: 50 });
    const progress = await failureOf(repository.batchAdd(someTowns(5), { onProgress: hangs }));
    expect(progress).toBeInstanceOf(OperationTimeoutError);
    const skip = { outcomes: true, onRecordError: 'skip' } as const;
    const told = await failureOf(repository.batchAdd(oneBad(4, 3), skip));
    // On a slow machine the time is over before the bad record was met.
    expect(Object(told).cause ?? told).toBeInstanceOf(OperationTimeoutError);
  });
});

describe('when a call has failed', () => {
  it.each(['pipelined', 'parallel'] as const)('preProcess is called no more: %s', async (strategy) => {
    const gate = new Gate();
    const calls: number[] = [];
    const operations = pool.operations({
      ...config,
      maxWorkers: 2,
      preProcess: async (record, index) => {
        calls.push(index);
        // What is read ahead is still under way when the first chunk fails.
        if (index >= 100) await gate.passed;
        return record;
      },
    });
    const source = oneBad(200, 1).values();
    expect(await failureOf(operations.batchInsert(source, { strategy, batchSize: 50 }))).toBeInstanceOf(BatchError);
    const when = calls.length;
    expect(when).toBeGreaterThan(100);
    gate.open();
    await settle();
    expect(calls.length).toBe(when);
  });

  it.each(['chunked', 'parallel', 'pipelined'] as const)(
    'what is committed has been post-processed: %s',
    async (strategy) => {
      const told: number[] = [];
      const operations = pool.operations({ ...config, postProcess: ({ index }) => void told.push(index) });
      const error = await failureOf(operations.batchInsert(oneBad(8, 6), { strategy, atomicity: 'chunk' }));
      if (!(error instanceof BatchError)) throw new Error('a BatchError was expected', { cause: error });
      expect(told.sort((a, b) => a - b)).toEqual([...error.written]);
      expect(told.length).toBeGreaterThan(0);
    },
  );

  it('what waits to be post-processed in a pipeline still is', async () => {
    const told: number[] = [];
    pool.statements.length = 0;
    const operations = pool.operations({
      ...config,
      postProcess: async ({ index }) => {
        await until('the third chunk has failed', () => pool.statements.includes('rollback'));
        await settle();
        told.push(index);
      },
    });
    const options = { strategy: 'pipelined', atomicity: 'chunk' } as const;
    const error = await failureOf(operations.batchInsert(oneBad(8, 5), options));
    expect(error).toMatchObject({ index: 5, written: { size: 4 } });
    expect(told.sort((a, b) => a - b)).toEqual([0, 1, 2, 3]);
  });

  it('no postProcess is under way any more, even if one has thrown at once', async () => {
    let underWay = 0;
    const stop = new Error('stop');
    const operations = pool.operations({
      ...config,
      batchSize: 10,
      postProcess: ({ index }) => {
        if (index === 2) throw stop;
        underWay++;
        return settle().then(() => void underWay--);
      },
    });
    const error = await failureOf(operations.batchInsert(someTowns(5)));
    expect(error).toMatchObject({ code: 'UNO_CALLBACK', callback: 'postProcess', cause: stop });
    expect(underWay).toBe(0);
  });

  it('because it was cancelled, a preProcess that has noticed is not at fault', async () => {
    const controller = new AbortController();
    const reason = new Error('changed my mind');
    const operations = pool.operations({
      ...config,
      preProcess: (record, index) => {
        if (index === 1) controller.abort(reason);
        controller.signal.throwIfAborted();
        return record;
      },
    });
    const error = await failureOf(operations.batchInsert(someTowns(5), { signal: controller.signal }));
    expect(error).toBeInstanceOf(CanceledError);
    expect(error).toMatchObject({ cause: reason });
  });
});

describe('calls of postProcess', () => {
  it('are no more side by side than maxWorkers, in all chunks together', async () => {
    let underWay = 0;
    let most = 0;
    const operations = pool.operations({
      ...config,
      postProcess: async () => {
        most = Math.max(most, ++underWay);
        await settle();
        underWay--;
      },
    });
    await operations.batchInsert(someTowns(24), { strategy: 'parallel' });
    expect([most, underWay]).toEqual([3, 0]);
  });
});

describe('a source without records', () => {
  it.each(strategies)('sends nothing, whatever it is: %s', async (strategy) => {
    pool.statements.length = 0;
    for (const source of [[], [].values(), (async function* () {})()]) {
      expect(await pool.operations(config).batchInsert(source, { strategy })).toMatchObject({ total: 0, inserted: 0 });
    }
    expect(pool.statements).toEqual([]);
  });
});

describe('a source that never really waits', () => {
  /** As many towns as anybody takes. */
  function* endless() {
    for (let i = 0; ; i++) yield { name: `town ${i}` };
  }

  it.each(['single_query', 'optimistic'] as const)('ends with the time of the call: %s', async (strategy) => {
    const error = await failureOf(pool.operations().batchInsert(endless(), { strategy, timeoutMs: 50 }));
    expect(error).toBeInstanceOf(OperationTimeoutError);
  });

  it.each(['single_query', 'optimistic'] as const)('ends with the signal of the call: %s', async (strategy) => {
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(), 20);
    const error = await failureOf(pool.operations().batchInsert(endless(), { strategy, signal: controller.signal }));
    clearTimeout(timer);
    expect(error).toBeInstanceOf(CanceledError);
  });

  it.each(strategies)('ends with it in a processor, too, whose functions do not wait either: %s', async (strategy) => {
    const processor = new BatchProcessor({ executionStrategy: strategy, batchSize: 10 });
    const error = await failureOf(processor.process(endless(), () => undefined, { timeoutMs: 50 }));
    expect(Object(error).cause ?? error).toBeInstanceOf(OperationTimeoutError);
  });
});

describe('the work of a processor', () => {
  const processor = new BatchProcessor();

  it('may leave a function undefined', async () => {
    const work = { execute: (records: readonly number[]) => records, preProcess: undefined };
    expect(await processor.process([1, 2], work)).toMatchObject({ results: [1, 2], failed: 0 });
  });

  it.each([
    ['a misspelt function', { execute: () => [], preproces: () => null }, 'process has no option "preproces"'],
    ['no chunk function', { exec: () => [] }, 'process has no option "exec"'],
    ['nothing', {}, 'process takes a chunk function'],
    ['something else', 7, 'process takes a chunk function'],
  ])('is refused if it is %s', async (_, work, message) => {
    const error = await failureOf(processor.process([1], work as never));
    expect(error).toMatchObject({ code: 'UNO_CONFIG', message: expect.stringContaining(message) });
  });

  it('may be an object of a class', async () => {
    class Doubling {
      readonly factor = 2;

      execute(records: readonly number[]): number[] {
        return records.map((record) => record * 2);
      }
    }
    expect(await processor.process([1, 2], new Doubling())).toMatchObject({ results: [2, 4] });
  });
});
