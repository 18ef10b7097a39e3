import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type BatchConfig, BatchOperations, BatchOperationsPort } from '@uno/batch';
import { ConfigError } from '@uno/postgres';
import { batchErrorOf, failureOf } from '../support/failure-of.js';
import { openTestContext, type TestContext } from '../support/test-context.js';
import { someTowns, towns } from '../support/town.js';
import { heal } from './support/failing-table.js';
import { names, sent } from './support/sent.js';

let test: TestContext;

beforeAll(async () => {
  test = await openTestContext([towns]);
});
afterAll(() => test.close());
beforeEach(() => heal(test));

function operationsWith(config?: BatchConfig): BatchOperations<typeof towns> {
  return new BatchOperations({ table: towns, db: test.db, config });
}

/** Every operation, with options that nobody has checked. */
const operations: [string, (on: BatchOperations<typeof towns>, options: object) => Promise<unknown>][] = [
  ['batchInsert', (on, options) => on.batchInsert(someTowns(3), options)],
  ['batchUpdate', (on, options) => on.batchUpdate([{ id: 1 }], options)],
  ['batchUpsert', (on, options) => on.batchUpsert([{ id: 1, name: 'x' }], options)],
  ['batchDelete', (on, options) => on.batchDelete([1], options)],
];
const all: typeof operations = [...operations, ['batchGet', (on, options) => on.batchGet([1], options)]];

describe.each(all)('%s', (name, run) => {
  it.each([
    { parallel: true, strategy: 'chunked' },
    { parallel: true, strategy: 'pipelined' },
    { parallel: false, strategy: 'parallel' },
  ])('refuses options that contradict each other: %p', async (options) => {
    const failure = await failureOf(run(operationsWith(), options), ConfigError);
    expect(failure.message).toBe(
      `${name}: parallel: ${options.parallel} and strategy: '${options.strategy}' contradict each other. Say one of them.`,
    );
    expect(sent(test)).toEqual([]);
  });

  it.each<[object, string]>([
    [{ batchSize: 0 }, 'batchSize takes a whole number from 1, not 0'],
    [{ batchSize: '5' }, 'batchSize takes a whole number from 1, not 5'],
    [{ strategy: 'fast' }, 'strategy takes one of single_query, chunked, parallel, pipelined, optimistic, not fast'],
    [{ parallel: 1 }, 'parallel takes true or false, not 1'],
    [{ timeoutMs: 0 }, 'timeoutMs takes milliseconds, more than 0 and at most 2147483647, not 0'],
    [{ timeoutMs: 2 ** 31 }, 'timeoutMs takes milliseconds, more than 0 and at most 2147483647, not 2147483648'],
    [{ signal: {} }, 'signal takes an AbortSignal, not an object'],
    [{ onProgress: true }, 'onProgress takes a function, not a boolean'],
    [{ batchsize: 5 }, `${name} has no option "batchsize". Known are: batchSize, strategy, parallel`],
    [{ constructor: 5 }, `${name} has no option "constructor"`],
    [{ executionStrategy: 'chunked' }, `${name} has no option "executionStrategy"`],
  ])('refuses %p and says what is allowed', async (options, message) => {
    const failure = await failureOf(run(operationsWith(), options), ConfigError);
    expect(failure.message).toContain(message);
    expect(sent(test)).toEqual([]);
  });

  it('takes an option that is undefined as one that is not there', async () => {
    const nothing = { batchSize: undefined, strategy: undefined, parallel: undefined, signal: undefined };
    await run(operationsWith({ executionStrategy: 'single_query' }), nothing);
    expect(sent(test)).toHaveLength(1);
  });
});

describe.each(operations)('%s', (name, run) => {
  it('refuses to count failures that end the call', async () => {
    for (const options of [{ maxFailures: 3 }, { maxFailures: 3, onRecordError: 'abort' }]) {
      const failure = await failureOf(run(operationsWith(), options), ConfigError);
      expect(failure.message).toBe(
        `${name}: maxFailures counts records that are left out: it needs onRecordError: 'skip'.`,
      );
    }
  });

  it.each([{ parallel: true }, { strategy: 'parallel' }])(
    'refuses to make one transaction of several connections: %p',
    async (options) => {
      const failure = await failureOf(run(operationsWith(), { ...options, atomicity: 'all' }), ConfigError);
      expect(failure.message).toContain(`${name}: parallel works on several connections`);
      expect(failure.message).toContain("atomicity: 'all' takes another strategy, or a transaction around the call");
      expect(sent(test)).toEqual([]);
    },
  );

  it('refuses that as well when parallel is configured', async () => {
    const parallel = operationsWith({ executionStrategy: 'parallel' });
    await failureOf(run(parallel, { atomicity: 'all' }), ConfigError);
    await expect(run(parallel, { atomicity: 'all', parallel: false })).resolves.toBeDefined();
  });

  it('takes it in a transaction of the caller, which is one connection', async () => {
    const done = test.db
      .transaction()
      .execute((db) => run(new BatchOperations({ table: towns, db }), { parallel: true, atomicity: 'all' }));
    await expect(done).resolves.toBeDefined();
  });
});

describe('options of one call', () => {
  it('do not leak into the next one', async () => {
    const on = operationsWith({ batchSize: 5 });
    const seen: number[] = [];
    await on.batchInsert(someTowns(20), {
      batchSize: 10,
      parallel: true,
      onRecordError: 'skip',
      maxFailures: 1,
      timeoutMs: 60_000,
      signal: AbortSignal.timeout(60_000),
      onProgress: ({ processed }) => seen.push(processed),
      outcomes: true,
      returnModels: true,
    });
    const told = seen.length;
    test.statements.length = 0;
    const bad = [...someTowns(14, 20), { name: 'town 0', country: 'FR' }];
    const failure = await batchErrorOf(on.batchInsert(bad));
    expect([failure.index, failure.written.size, failure.failures]).toEqual([14, 0, []]);
    expect(seen).toHaveLength(told);
    expect(await on.batchInsert(someTowns(1, 50))).not.toHaveProperty('models');
    await on.batchUpdate([{ id: 1, name: 'x', population: 77 }], { fields: ['name'] });
    await on.batchUpdate([{ id: 1, population: 78 }]);
    expect((await on.batchGet([1]))[0]).toMatchObject({ name: 'x', population: 78 });
  });
});

/** Freezes an object and all that is in it. */
function deepFrozen<T extends object>(value: T): T {
  for (const inner of Object.values(value)) if (typeof inner === 'object' && inner !== null) deepFrozen(inner);
  return Object.freeze(value);
}

describe('configuration and options', () => {
  it('are taken deeply frozen, and are not changed', async () => {
    const config = deepFrozen({
      batchSize: 5,
      executionStrategy: 'chunked',
      maxWorkers: 2,
      collectMetrics: true,
      logProgress: true,
      logger: { info: () => undefined, warn: () => undefined },
      timeoutMs: 60_000,
      retryCount: 1,
      retryDelayMs: 1,
      onError: () => undefined,
      preProcess: (record: object) => record,
      postProcess: () => undefined,
    } as const);
    const options = deepFrozen({ batchSize: 3, outcomes: true, onRecordError: 'skip', maxFailures: 5 } as const);
    const copies = [{ ...config }, { ...options }];
    const on = operationsWith(config);
    expect(await on.batchInsert(someTowns(7), options)).toMatchObject({ inserted: 7 });
    expect(await on.batchUpsert(deepFrozen([{ id: 1, name: 'z' }]), options)).toMatchObject({ updated: 1 });
    expect(new BatchOperationsPort(config).getMetrics().total.calls).toBe(0);
    expect([{ ...config }, { ...options }]).toEqual(copies);
  });

  it('are read when they are given: changing the object later changes nothing', async () => {
    const config = { batchSize: 5 };
    const on = operationsWith(config);
    config.batchSize = 1;
    await on.batchInsert(someTowns(10));
    expect(sent(test)).toHaveLength(2);
    const options: { batchSize: number; onRecordError: 'abort' | 'skip' } = { batchSize: 5, onRecordError: 'abort' };
    const run = batchErrorOf(on.batchInsert(someTowns(10), options));
    options.onRecordError = 'skip';
    expect((await run).index).toBe(0);
    expect(await names(test)).toHaveLength(10);
  });

  it.each([[[]], ['x']])('are refused when they are no object: %p', async (wrong) => {
    await failureOf(operationsWith().batchInsert([], Object(wrong)), ConfigError);
  });

  it('are refused by the port as by the operations', () => {
    const wrong: object = { batchSize: -1 };
    expect(() => new BatchOperationsPort(wrong)).toThrow('BatchConfig: batchSize takes a whole number from 1, not -1');
    expect(() => operationsWith(wrong)).toThrow(ConfigError);
  });
});
