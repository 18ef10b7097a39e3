import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type BatchConfig, BatchExecutionStrategy, BatchMetrics, BatchOperations } from '@uno/batch';
import { OperationTimeoutError, SerializationError } from '@uno/postgres';
import { sql } from 'kysely';
import { KeepingLogger } from '../metrics/support/keeping-logger.js';
import { batchErrorOf, failureOf } from '../support/failure-of.js';
import { openTestContext, type TestContext } from '../support/test-context.js';
import { someTowns, towns } from '../support/town.js';
import { failTimes, heal, refuseMoreThan, waitForLock } from './support/failing-table.js';
import { names, sent, transactions } from './support/sent.js';

let test: TestContext;
const logger = new KeepingLogger();

beforeAll(async () => {
  test = await openTestContext([towns]);
});
afterAll(() => test.close());
beforeEach(async () => {
  await heal(test);
  logger.lines.length = 0;
});

function operationsWith(config?: BatchConfig): BatchOperations<typeof towns> {
  return new BatchOperations({ table: towns, db: test.db, config });
}

describe('batchSize', () => {
  it('is how many records are in a statement', async () => {
    await operationsWith({ batchSize: 7 }).batchInsert(someTowns(20));
    expect(sent(test)).toHaveLength(3);
  });

  it('is 1000 where nothing is said', async () => {
    await operationsWith().batchInsert(someTowns(1001));
    expect(sent(test)).toHaveLength(2);
  });
});

describe('executionStrategy', () => {
  const twenty = someTowns(20);
  const operationsBy = (executionStrategy: BatchExecutionStrategy) =>
    operationsWith({ executionStrategy, batchSize: 5 });

  it('single_query sends everything in one statement', async () => {
    await operationsBy('single_query').batchInsert(twenty);
    expect([sent(test).length, transactions(test)]).toEqual([1, 0]);
  });

  it('chunked sends batchSize records at a time, in one transaction', async () => {
    await operationsBy('chunked').batchInsert(twenty);
    expect([sent(test).length, transactions(test)]).toEqual([4, 1]);
  });

  it('parallel commits every chunk by itself', async () => {
    // Taken before, since two of one call that are in each other's way may come in either order.
    await test.run("insert into town (name, country) values ('taken', 'FR')");
    const records = [...twenty, { name: 'taken', country: 'FR' }];
    const failure = await batchErrorOf(operationsBy('parallel').batchInsert(records));
    expect([failure.index, failure.written.size]).toEqual([20, 20]);
    expect(await names(test)).toHaveLength(21);
  });

  it.each<[BatchExecutionStrategy, boolean]>([
    ['chunked', false],
    ['pipelined', true],
  ])('%s reads ahead: %s', async (strategy, ahead) => {
    let taken = 0;
    const source = function* () {
      for (const town of twenty) {
        taken++;
        yield town;
      }
    };
    const takenAt: number[] = [];
    await operationsBy(strategy).batchInsert(source(), { onProgress: () => takenAt.push(taken) });
    expect(takenAt).toHaveLength(4);
    expect(takenAt[0] !== 5).toBe(ahead);
    expect([sent(test).length, transactions(test)]).toEqual([4, 1]);
  });

  it('optimistic sends everything in one statement, and in chunks when that is too much', async () => {
    await operationsBy('optimistic').batchInsert(twenty);
    expect(sent(test)).toHaveLength(1);
    await heal(test);
    await refuseMoreThan(test, 10);
    await operationsBy('optimistic').batchInsert(twenty);
    expect(sent(test)).toHaveLength(1 + 4);
    expect(await names(test)).toHaveLength(20);
  });

  it('has a name for every strategy that there is', async () => {
    expect(BatchExecutionStrategy).toEqual({
      SINGLE_QUERY: 'single_query',
      CHUNKED: 'chunked',
      PARALLEL: 'parallel',
      PIPELINED: 'pipelined',
      OPTIMISTIC: 'optimistic',
    });
    for (const executionStrategy of Object.values(BatchExecutionStrategy)) {
      await test.run('truncate town');
      const { inserted } = await operationsBy(executionStrategy).batchInsert(twenty);
      expect([executionStrategy, inserted]).toEqual([executionStrategy, 20]);
    }
  });
});

describe('maxWorkers', () => {
  /** How many statements were waiting side by side, when they all were made to wait. The pool has room for two. */
  async function sideBySide(maxWorkers: number, expected: number): Promise<number> {
    await waitForLock(test);
    return test.db.connection().execute(async (holder) => {
      await sql`select pg_advisory_lock(1)`.execute(holder);
      const waiting = async () => {
        const { rows } = await sql<{ n: number }>`select count(*)::int as n from pg_locks l
          join pg_database d on d.oid = l.database and d.datname = current_database()
          where locktype = 'advisory' and not granted`.execute(holder);
        return rows[0]?.n ?? 0;
      };
      const operations = operationsWith({ executionStrategy: 'parallel', batchSize: 1, maxWorkers });
      let isOver = false;
      const done = operations.batchInsert(someTowns(6)).finally(() => {
        isOver = true;
      });
      try {
        while ((await waiting()) < expected && !isOver);
        // Further ones would come now.
        for (let i = 0; i < 30; i++) await waiting();
        return await waiting();
      } finally {
        await sql`select pg_advisory_unlock(1)`.execute(holder);
        await done;
      }
    });
  }

  it('is how many chunks are done side by side', async () => {
    expect(await sideBySide(1, 1)).toBe(1);
  });

  it('is no more than the pool can give, of which one connection is left to others', async () => {
    expect(await sideBySide(100, 2)).toBe(2);
  });

  it.each([1, 3])('is how many calls of an async preProcess are under way: %d', async (maxWorkers) => {
    let underWay = 0;
    let most = 0;
    const waiting: (() => void)[] = [];
    const preProcess = async (record: object) => {
      underWay++;
      most = Math.max(most, underWay);
      // The last one that can begin lets all of them go on.
      if (underWay === maxWorkers) for (const wake of waiting.splice(0)) setImmediate(wake);
      else await new Promise<void>((resolve) => waiting.push(resolve));
      // As many as may would begin meanwhile.
      await new Promise((resolve) => setImmediate(resolve));
      underWay--;
      if (underWay === 0) for (const wake of waiting.splice(0)) setImmediate(wake);
      return record;
    };
    const { inserted } = await operationsWith({ maxWorkers, preProcess }).batchInsert(someTowns(9));
    expect([inserted, most]).toEqual([9, maxWorkers]);
  });
});

describe('collectMetrics', () => {
  it('leaves the metrics empty when it is off, whatever happens', async () => {
    const operations = operationsWith({ collectMetrics: false });
    await operations.batchInsert(someTowns(3));
    await operations.batchInsert(someTowns(3), { onRecordError: 'skip' });
    await batchErrorOf(operations.batchInsert(someTowns(3)));
    await operations.batchGet([1]);
    expect(operations.getMetrics()).toEqual(new BatchMetrics().snapshot());
  });

  it('is on where nothing is said', async () => {
    const operations = operationsWith();
    await operations.batchInsert(someTowns(3));
    expect(operations.getMetrics().total.recordsSuccessful).toBe(3);
  });
});

describe('logProgress', () => {
  it('tells the logger how a call ended', async () => {
    const operations = operationsWith({ logProgress: true, logger });
    await operations.batchInsert(someTowns(3));
    await batchErrorOf(operations.batchInsert(someTowns(3)));
    expect(logger.lines.map(({ level }) => level)).toEqual(['info', 'warn']);
    expect(logger.lines[0]?.context).toMatchObject({ operation: 'batchInsert', name: 'Town', successful: 3 });
    expect(logger.lines[1]?.context).toMatchObject({ code: 'UNO_BATCH', sqlstate: '23505', successful: 0 });
  });

  it('tells the console where there is no logger', async () => {
    const info = jest.spyOn(console, 'info').mockReturnValue();
    try {
      await operationsWith({ logProgress: true }).batchInsert(someTowns(3));
      expect(info).toHaveBeenCalledTimes(1);
      expect(info).toHaveBeenCalledWith(expect.objectContaining({ successful: 3 }), expect.stringContaining('ended'));
      await operationsWith().batchInsert(someTowns(3, 3));
      expect(info).toHaveBeenCalledTimes(1);
    } finally {
      info.mockRestore();
    }
  });

  it('is off where nothing is said', async () => {
    await operationsWith({ logger }).batchInsert(someTowns(3));
    expect(logger.lines).toEqual([]);
  });
});

describe('retryCount', () => {
  it.each([0, 1, 2])('is how often a transaction is repeated: %d', async (retryCount) => {
    await failTimes(test, 5);
    const operations = operationsWith({ retryCount, retryDelayMs: 0, logger });
    const failure = await failureOf(operations.batchInsert(someTowns(3)), SerializationError);
    expect(failure.retries).toHaveLength(retryCount);
    expect(sent(test, 'insert')).toHaveLength(retryCount + 1);
    expect(logger.lines).toHaveLength(retryCount);
  });

  it('is 3 where nothing is said', async () => {
    await failTimes(test, 5);
    await failureOf(operationsWith({ retryDelayMs: 0 }).batchInsert(someTowns(3)), SerializationError);
    expect(sent(test, 'insert')).toHaveLength(4);
  });

  it('is enough as soon as an attempt succeeds, which begins with the first record again', async () => {
    await failTimes(test, 3);
    const operations = operationsWith({ retryCount: 3, retryDelayMs: 0, batchSize: 10 });
    expect(await operations.batchInsert(someTowns(25))).toMatchObject({ inserted: 25 });
    expect(await names(test)).toHaveLength(25);
  });

  it('is for every chunk by itself where chunks commit by themselves', async () => {
    await failTimes(test, 2);
    const operations = operationsWith({ retryCount: 2, retryDelayMs: 0, batchSize: 10 });
    await operations.batchInsert(someTowns(20), { atomicity: 'chunk' });
    expect(sent(test, 'insert')).toHaveLength(2 + 2);
  });

  it('does not matter in a transaction of the caller, who alone can repeat it', async () => {
    await failTimes(test, 1);
    await failureOf(
      test.db
        .transaction()
        .execute((transaction) => new BatchOperations({ table: towns, db: transaction }).batchInsert(someTowns(3))),
      SerializationError,
    );
    expect(sent(test, 'insert')).toHaveLength(1);
  });
});

describe('retryDelayMs', () => {
  it('is the longest pause before the first repetition, and doubles with each further one', async () => {
    await failTimes(test, 3);
    const random = jest.spyOn(Math, 'random').mockReturnValue(0.5);
    try {
      await operationsWith({ retryDelayMs: 2, logger }).batchInsert(someTowns(3));
    } finally {
      random.mockRestore();
    }
    expect(logger.lines).toMatchObject([
      { level: 'warn', context: { sqlstate: '40001', delayMs: 1 } },
      { level: 'warn', context: { sqlstate: '40001', delayMs: 2 } },
      { level: 'warn', context: { sqlstate: '40001', delayMs: 4 } },
    ]);
  });
});

describe('timeoutMs', () => {
  it('cancels a call on the server and rolls it back', async () => {
    await waitForLock(test);
    await test.db.connection().execute(async (holder) => {
      await sql`select pg_advisory_lock(1)`.execute(holder);
      try {
        const operations = operationsWith({ timeoutMs: 40 });
        const failure = await failureOf(operations.batchInsert(someTowns(3)), OperationTimeoutError);
        expect(failure.timeoutMs).toBe(40);
        const { rows } = await sql`select 1 from pg_stat_activity
          where datname = current_database() and pid <> pg_backend_pid() and state <> 'idle' and query like 'insert%'`.execute(
          holder,
        );
        expect(rows).toEqual([]);
      } finally {
        await sql`select pg_advisory_unlock(1)`.execute(holder);
      }
    });
    expect(await names(test)).toEqual([]);
  });

  it('holds for reads, too', async () => {
    await test.db.transaction().execute(async (transaction) => {
      await sql`lock table town`.execute(transaction);
      const operations = operationsWith({ timeoutMs: 40 });
      expect((await failureOf(operations.batchGet([1]), OperationTimeoutError)).timeoutMs).toBe(40);
    });
  });
});
