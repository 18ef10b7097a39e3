import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { ComputeContext } from '@uno/batch';
import { CanceledError, OperationTimeoutError } from '@uno/postgres';
import type pg from 'pg';
import { Gate } from '../engine/support/gate.js';
import { settle } from '../engine/support/settle.js';
import { strategies } from '../engine/support/strategies.js';
import { TrackedSource } from '../engine/support/tracked-source.js';
import { range } from '../failure/support/load.js';
import { busy, untilWaiting, waiting } from '../failure/support/sessions.js';
import { type Crate, openYard, type Yard } from '../failure/support/yard.js';
import { failureOf } from '../support/failure-of.js';
import { until } from '../support/until.js';
import { crateOperations, crateStatements, someCrates } from './support/crate-yard.js';

let yard: Yard;
let blocker: pg.Client;

beforeAll(async () => {
  yard = await openYard();
  blocker = await yard.session();
});

afterAll(() => yard.close());

beforeEach(() => yard.reset(someCrates(40)));

const batchSize = 4;
const writeBack = true;

/** Asks the server a few things, by which time everything that could go on has gone on. */
async function someRoundTrips(): Promise<void> {
  for (let i = 0; i < 10; i++) await waiting(yard);
}

/** Counts the calls that are under way. */
class Meter {
  most = 0;
  calls = 0;
  #underWay = 0;

  async during<T>(value: T): Promise<T> {
    this.calls++;
    this.most = Math.max(this.most, ++this.#underWay);
    for (let i = 0; i < 1 + (this.calls % 3); i++) await settle();
    this.#underWay--;
    return value;
  }
}

describe.each(strategies)('under %s', (strategy) => {
  it.each([
    ['the configuration says', { maxWorkers: 3 }, {}, 3],
    ['the call says', { maxWorkers: 3 }, { concurrency: 7 }, 7],
    ['the call says, one', {}, { concurrency: 1 }, 1],
    ['usual', {}, {}, 4],
  ] as const)('no more calls of an async function are under way than %s', async (_, config, options, most) => {
    for (const more of [{}, { writeBack }, { writeBack, lock: true }] as const) {
      const meter = new Meter();
      const operations = crateOperations(yard, { batchSize: 10, ...config });
      await operations.batchCompute({ filters: {} }, ({ id }) => meter.during({ note: `n${id}` }), {
        strategy,
        ...options,
        ...more,
        writeBack: true,
      });
      expect(meter).toMatchObject({ calls: 40, most });
    }
  });

  it('a pool of one connection is enough, for several calls at a time', async () => {
    const small = await openYard({ max: 1 });
    try {
      await small.reset(someCrates(10));
      const sources = [
        () => ({ filters: {} }),
        () => ({ keys: range(1, 10) }),
        () => ({ keys: range(1, 10).values() }),
      ];
      for (const sourceOf of sources) {
        for (const atomicity of strategy === 'parallel' ? (['chunk'] as const) : (['chunk', 'all'] as const)) {
          for (const lock of [false, true]) {
            const calls = range(1, 3).map((call) =>
              crateOperations(small, { batchSize: 3 }).batchCompute(
                sourceOf(),
                // Never what another call has written.
                async ({ weight }) => ({ weight: weight + 2 ** call, note: `c${call}` }),
                { strategy, atomicity, lock, writeBack },
              ),
            );
            for (const result of await Promise.all(calls)) expect(result).toMatchObject({ total: 10, updated: 10 });
          }
        }
      }
    } finally {
      await small.close();
    }
  });
});

describe('while records are computed', () => {
  it.each([
    // The page that is computed.
    ['chunked', 1],
    // And the next one.
    ['pipelined', 2],
  ] as const)('no more pages are read than there is room for, under %s', async (strategy, pages) => {
    let notes = 0;
    for (const source of [{ filters: {} }, { keys: range(1, 40) }]) {
      for (const way of [{ atomicity: 'chunk' }, { atomicity: 'chunk', concurrency: 9 }] as const) {
        yard.statements.length = 0;
        const gate = new Gate();
        let calls = 0;
        const compute = async () => {
          calls++;
          await gate.passed;
          return { note: `n${++notes}` };
        };
        const options = { strategy, ...way, writeBack: true } as const;
        const call = crateOperations(yard, { batchSize }).batchCompute(source, compute, options);
        await until('the pages are read', () => crateStatements(yard).length >= pages);
        await someRoundTrips();
        expect(crateStatements(yard)).toHaveLength(pages);
        expect(calls).toBe(4); // A page has no more.
        gate.open();
        expect(await call).toMatchObject({ total: 40, updated: 40 });
      }
    }
  });

  it('no more pages are read than there is room for, when the values are taken slowly', async () => {
    for (const [strategy, pages] of [
      ['chunked', 1],
      // One is handed over, one waits for that, one cannot wait yet; two are computed ahead; one is read ahead.
      ['pipelined', 6],
    ] as const) {
      yard.statements.length = 0;
      const gate = new Gate();
      const call = crateOperations(yard, { batchSize }).batchCompute({ filters: {} }, ({ id }) => id, {
        strategy,
        onResult: () => gate.passed,
      });
      await until('the pages are read', () => crateStatements(yard).length >= pages);
      await someRoundTrips();
      expect(crateStatements(yard)).toHaveLength(pages);
      gate.open();
      expect(await call).toMatchObject({ total: 40, computed: 40 });
    }
  });

  it('no more keys are taken from a source than pages are computed', async () => {
    for (const lock of [false, true]) {
      const keys = new TrackedSource(range(1, 40));
      const gate = new Gate();
      const call = crateOperations(yard, { batchSize }).batchCompute(
        { keys: keys.async },
        async () => {
          await gate.passed;
          return { note: `n${lock}` };
        },
        { writeBack, lock },
      );
      await until('the first page is taken', () => keys.taken >= batchSize);
      await someRoundTrips();
      expect(keys.taken).toBe(batchSize);
      gate.open();
      expect(await call).toMatchObject({ total: 40, updated: 40 });
      expect(keys).toMatchObject({ opened: 1, taken: 40, closed: 0, late: 0 });
    }
  });

  it('keys that are written all or nothing are read and begun in their order, on one connection', async () => {
    const calls: number[] = [];
    let most = 0;
    const look = setInterval(() => {
      const { totalCount, idleCount, waitingCount } = yard.pool;
      most = Math.max(most, totalCount - idleCount + waitingCount);
    });
    const keys = range(1, 40).reverse();
    const compute = async ({ id }: Crate) => {
      calls.push(id);
      await settle();
      return { note: 'new' };
    };
    const result = await crateOperations(yard, { batchSize: 2 }).batchCompute({ keys }, compute, {
      writeBack,
      concurrency: 20,
    });
    clearInterval(look);
    expect(result).toMatchObject({ updated: 40 });
    expect(calls).toEqual(keys);
    expect(most).toBe(1);
  });

  it('the next page is computed while one is written, under pipelined and parallel', async () => {
    for (const strategy of ['pipelined', 'parallel'] as const) {
      await yard.reset(someCrates(12));
      await blocker.query('begin; lock table crate in share mode');
      const computed: number[] = [];
      const call = crateOperations(yard, { batchSize }).batchCompute(
        { filters: {} },
        async ({ id }) => {
          computed.push(id);
          return { note: 'new' };
        },
        { writeBack, strategy },
      );
      await untilWaiting(yard);
      await until('all are computed', () => computed.length === 12);
      await blocker.query('rollback');
      expect(await call).toMatchObject({ updated: 12 });
    }
  });
});

describe('a source of keys', () => {
  it('is closed when the call ends early, and iterated no further', async () => {
    for (const strategy of strategies) {
      const keys = new TrackedSource(range(1, 40));
      const compute = ({ id }: Crate) => {
        if (id === 6) throw new Error('mine');
      };
      await failureOf(crateOperations(yard, { batchSize }).batchCompute({ keys: keys.async }, compute, { strategy }));
      const isAtOnce = strategy === 'single_query' || strategy === 'optimistic';
      await until('nothing is under way', async () => (await busy(yard)).length === 0);
      expect(keys.closed).toBe(isAtOnce ? 0 : 1);
      if (!isAtOnce) expect(keys.taken).toBeLessThanOrEqual(5 * batchSize);
    }
  });

  it('that fails ends the call with what it threw', async () => {
    for (const strategy of strategies) {
      const error = new Error('torn');
      const keys = new TrackedSource(range(1, 40), { at: 7, error });
      const failure = await failureOf(
        crateOperations(yard, { batchSize }).batchCompute({ keys: keys.sync }, ({ id }) => id, { strategy }),
      );
      expect(failure).toMatchObject({ code: 'UNO_CALLBACK', callback: 'source', cause: error });
    }
  });

  it('is not waited for when the call is cancelled', async () => {
    const controller = new AbortController();
    const hangs = (async function* () {
      yield 1;
      controller.abort();
      await new Promise(() => undefined);
    })();
    const call = crateOperations(yard, { batchSize }).batchCompute({ keys: hangs }, ({ id }) => id, {
      signal: controller.signal,
    });
    expect(await failureOf(call)).toBeInstanceOf(CanceledError);
  });
});

describe('a call that is cancelled', () => {
  const ways = [
    {},
    ...strategies.flatMap((strategy) => [
      { writeBack, strategy, atomicity: 'chunk' as const },
      { writeBack, strategy, atomicity: 'chunk' as const, lock: true },
    ]),
    { writeBack, atomicity: 'all' as const },
    { writeBack, atomicity: 'all' as const, lock: true },
  ];

  it.each(ways)('while a function runs that does not heed the signal, ends at once: %j', async (way) => {
    const controller = new AbortController();
    let signal: AbortSignal | undefined;
    const compute = (_: Crate, context: ComputeContext) => {
      signal = context.signal;
      return new Promise<{ note: string }>(() => undefined);
    };
    const options = { ...way, writeBack: true, signal: controller.signal } as const;
    const failure = failureOf(crateOperations(yard, { batchSize }).batchCompute({ filters: {} }, compute, options));
    await until('it runs', () => signal !== undefined);
    const reason = new Error('changed my mind');
    controller.abort(reason);
    expect(await failure).toMatchObject({ code: 'UNO_CANCELED', cause: reason });
    expect(signal).toMatchObject({ aborted: true, reason });
    await until('nothing is under way', async () => (await busy(yard)).length === 0);
    await until('all connections are given back', () => yard.pool.idleCount === yard.pool.totalCount);
    expect(await yard.rows()).toEqual(someCrates(40));
  });

  it.each(ways)('while a function runs that heeds the signal, says so: %j', async (way) => {
    const compute = (_: Crate, { signal }: ComputeContext) =>
      new Promise<{ note: string }>((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      });
    const options = { ...way, writeBack: true, timeoutMs: 50, onRecordError: 'skip' } as const;
    const failure = failureOf(crateOperations(yard, { batchSize }).batchCompute({ filters: {} }, compute, options));
    expect(await failure).toBeInstanceOf(OperationTimeoutError);
    expect(await yard.rows()).toEqual(someCrates(40));
  });

  it('while it waits for rows, is cancelled on the server', async () => {
    for (const way of [{ lock: false }, { lock: true }]) {
      await blocker.query('begin; lock table crate in access exclusive mode');
      const controller = new AbortController();
      const options = { ...way, writeBack, signal: controller.signal } as const;
      const call = crateOperations(yard, { batchSize }).batchCompute(
        { keys: [1, 2] },
        () => ({ note: 'new' }),
        options,
      );
      const failure = failureOf(call);
      await untilWaiting(yard);
      controller.abort();
      expect(await failure).toBeInstanceOf(CanceledError);
      await until('the server does not wait any more', async () => (await waiting(yard)) === 0);
      await blocker.query('rollback');
    }
  });

  it('says what was written before', async () => {
    const controller = new AbortController();
    const compute = ({ id }: Crate) => {
      if (id === 10) controller.abort();
      return { note: 'new' };
    };
    const options = { writeBack, signal: controller.signal } as const;
    const failure = await failureOf(
      crateOperations(yard, { batchSize }).batchCompute({ filters: {} }, compute, options),
    );
    expect(failure).toMatchObject({ code: 'UNO_BATCH', cause: { code: 'UNO_CANCELED' }, written: { size: 8 } });
    expect((await yard.rows()).filter(({ note }) => note === 'new')).toHaveLength(8);
  });
});
