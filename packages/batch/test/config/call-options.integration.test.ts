import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type BatchConfig, BatchOperations, type BatchUpsertOptions } from '@uno/batch';
import type { BatchProgress } from '@uno/domain';
import { CanceledError, ConfigError, OperationTimeoutError } from '@uno/postgres';
import { sql } from 'kysely';
import { batchErrorOf, failureOf } from '../support/failure-of.js';
import { openTestContext, type TestContext } from '../support/test-context.js';
import { someTowns, Town, towns } from '../support/town.js';
import { heal, waitForLock } from './support/failing-table.js';
import { names, sent, transactions } from './support/sent.js';

let test: TestContext;
let operations: BatchOperations<typeof towns>;

beforeAll(async () => {
  test = await openTestContext([towns]);
  operations = operationsWith({ batchSize: 5 });
});
afterAll(() => test.close());
beforeEach(() => heal(test));

function operationsWith(config?: BatchConfig): BatchOperations<typeof towns> {
  return new BatchOperations({ table: towns, db: test.db, config });
}

const twenty = someTowns(20);
/** The twelfth one has the name of the first. */
const oneBad = twenty.map((town, i) => (i === 11 ? { ...town, name: 'town 0' } : town));
const threeBad = twenty.map((town, i) => (i > 16 ? { ...town, name: 'town 0' } : town));

describe('batchSize', () => {
  it.each<[string, () => Promise<unknown>]>([
    ['batchInsert', () => operations.batchInsert(twenty, { batchSize: 8 })],
    ['batchUpdate', () => operations.batchUpdate(numbered({ name: 'x' }), { batchSize: 8 })],
    ['batchUpsert', () => operations.batchUpsert(numbered({ name: 'y' }, String), { batchSize: 8 })],
    ['batchDelete', () => operations.batchDelete(twentyIds, { batchSize: 8 })],
    ['batchGet', () => operations.batchGet(twentyIds, { batchSize: 8 })],
  ])('of %s wins over that of the configuration', async (_, run) => {
    await run();
    expect(sent(test)).toHaveLength(3);
  });
});

const twentyIds = twenty.map((_, i) => i + 1);
function numbered(values: object, unique: (id: number) => string = () => 'x'): { id: number; name: string }[] {
  return twentyIds.map((id) => ({ ...values, id, name: unique(id) }));
}

describe('strategy and parallel', () => {
  it.each(['single_query', 'optimistic'] as const)('%s is one statement', async (strategy) => {
    await operations.batchInsert(twenty, { strategy });
    expect([sent(test).length, transactions(test)]).toEqual([1, 0]);
  });

  it.each([{ parallel: true }, { strategy: 'parallel' }, { strategy: 'parallel', parallel: true }] as const)(
    '%p commits chunk by chunk',
    async (options) => {
      // Taken before, since two of one call that are in each other's way may come in either order.
      await test.run("insert into town (name, country) values ('taken', 'FR')");
      const records = twenty.map((town, i) => (i > 16 ? { ...town, name: 'taken' } : town));
      const { written, index } = await batchErrorOf(operations.batchInsert(records, options));
      expect([index, written.size]).toEqual([17, 15]);
      expect(await names(test)).toHaveLength(16);
    },
  );

  it.each([
    { parallel: false },
    { strategy: 'chunked' },
    { strategy: 'chunked', parallel: false },
    { strategy: 'pipelined' },
    { strategy: 'pipelined', parallel: false },
  ] as const)('%p is one transaction, whatever is configured', async (options) => {
    const parallel = operationsWith({ batchSize: 5, executionStrategy: 'parallel' });
    const { written } = await batchErrorOf(parallel.batchInsert(oneBad, options));
    expect(written.size).toBe(0);
    expect(await names(test)).toEqual([]);
  });
});

describe('atomicity', () => {
  it.each(['chunked', 'pipelined'] as const)('chunk keeps what was committed before, under %s', async (strategy) => {
    const failure = await batchErrorOf(operations.batchInsert(oneBad, { atomicity: 'chunk', strategy }));
    expect([failure.index, `${failure.written}`]).toEqual([11, '0-9']);
    expect(await names(test)).toEqual(twenty.slice(0, 10).map(({ name }) => name));
  });

  it('all keeps nothing, and is what holds where nothing is said', async () => {
    for (const options of [{ atomicity: 'all' } as const, {}]) {
      const failure = await batchErrorOf(operations.batchInsert(oneBad, options));
      expect([failure.index, failure.written.size]).toEqual([11, 0]);
      expect(await names(test)).toEqual([]);
    }
  });
});

describe('onRecordError and maxFailures', () => {
  it('abort ends the call at the first record, and is what holds where nothing is said', async () => {
    for (const options of [{ onRecordError: 'abort' } as const, {}]) {
      expect(await batchErrorOf(operations.batchInsert(oneBad, options))).toMatchObject({ index: 11 });
    }
  });

  it('skip leaves out the records at fault and no others', async () => {
    const { failures, ...totals } = await operations.batchInsert(threeBad, { onRecordError: 'skip' });
    expect(totals).toMatchObject({ total: 20, inserted: 17, failed: 3, skipped: 0 });
    expect(failures.map(({ index, status, error }) => [index, status, error.code])).toEqual([
      [17, 'failed', 'UNO_CONSTRAINT'],
      [18, 'failed', 'UNO_CONSTRAINT'],
      [19, 'failed', 'UNO_CONSTRAINT'],
    ]);
    expect(await names(test)).toEqual(twenty.slice(0, 17).map(({ name }) => name));
  });

  it.each([3, 4])('maxFailures of %d lets three fail', async (maxFailures) => {
    const { failed } = await operations.batchInsert(threeBad, { onRecordError: 'skip', maxFailures });
    expect(failed).toBe(3);
  });

  it.each([
    [0, 17],
    [1, 18],
    [2, 19],
  ])('maxFailures of %d gives up at the first record beyond, and writes nothing', async (maxFailures, index) => {
    const failure = await batchErrorOf(operations.batchInsert(threeBad, { onRecordError: 'skip', maxFailures }));
    expect(failure).toMatchObject({ index, total: 20 });
    expect(failure.failures.map((one) => one.index)).toEqual([17, 18, 19].slice(0, maxFailures + 1));
    expect(await names(test)).toEqual([]);
  });

  it.each([
    [0, 3],
    [1, 7],
    [2, 16],
  ])('maxFailures of %d counts records that are refused before anything is sent', async (maxFailures, index) => {
    const wrong = new Set([3, 7, 16]);
    const records = twenty.map((town, i) => (wrong.has(i) ? { ...town, nmae: 'x' } : town));
    const failure = await batchErrorOf(operations.batchInsert(records, { onRecordError: 'skip', maxFailures }));
    expect(failure).toMatchObject({ index, cause: { code: 'UNO_VALIDATION' } });
    expect(failure.failures.map((one) => one.index)).toEqual([3, 7, 16].slice(0, maxFailures + 1));
    expect(sent(test)).toEqual([]);
  });
});

describe('timeoutMs and signal', () => {
  /** Runs a call while every INSERT has to wait. */
  async function whileWaiting<T>(run: (isWaiting: () => Promise<boolean>) => Promise<T>): Promise<T> {
    await waitForLock(test);
    return test.db.connection().execute(async (holder) => {
      await sql`select pg_advisory_lock(1)`.execute(holder);
      try {
        return await run(async () => {
          const { rows } = await sql`select 1 from pg_locks l join pg_database d on d.oid = l.database
            and d.datname = current_database() where locktype = 'advisory' and not granted`.execute(holder);
          return rows.length > 0;
        });
      } finally {
        await sql`select pg_advisory_unlock(1)`.execute(holder);
      }
    });
  }

  it('timeoutMs wins over that of the configuration, and nothing is written', async () => {
    const slow = operationsWith({ timeoutMs: 600_000 });
    const failure = await whileWaiting(() =>
      failureOf(slow.batchInsert(twenty, { timeoutMs: 30 }), OperationTimeoutError),
    );
    expect(failure).toMatchObject({ timeoutMs: 30, operation: 'batchInsert' });
    expect(await names(test)).toEqual([]);
  });

  it('signal ends a call that is under way, with its reason as the cause', async () => {
    const controller = new AbortController();
    const reason = new Error('the user left');
    const failure = await whileWaiting(async (isWaiting) => {
      let isOver = false;
      const call = operations.batchInsert(twenty, { signal: controller.signal });
      const run = failureOf(call, CanceledError).finally(() => {
        isOver = true;
      });
      while (!isOver && !(await isWaiting()));
      controller.abort(reason);
      return run;
    });
    expect(failure.cause).toBe(reason);
    expect(await names(test)).toEqual([]);
  });

  it('signal that is aborted already lets nothing be sent, and no record be taken', async () => {
    const signal = AbortSignal.abort();
    let taken = 0;
    const source = (function* () {
      taken++;
      yield { name: 'x' };
    })();
    for (const run of [
      () => operations.batchInsert(twenty, { signal }),
      () => operations.batchUpdate(numbered({}), { signal }),
      () => operations.batchUpsert(twenty, { signal, constraintColumns: ['country', 'name'] }),
      () => operations.batchDelete(twentyIds, { signal }),
      () => operations.batchGet(twentyIds, { signal }),
      () => operations.batchInsert([], { signal }),
      () => operations.batchInsert(source, { signal }),
      () => operations.batchInsert(source, { signal, strategy: 'pipelined' }),
    ]) {
      await failureOf(run(), CanceledError);
    }
    expect(taken).toBe(0);
    expect(sent(test)).toEqual([]);
  });

  it('leaves nothing behind on a signal that lives longer than the call', async () => {
    const { signal } = new AbortController();
    let listeners = 0;
    const { addEventListener, removeEventListener } = signal;
    Object.assign(signal, {
      addEventListener: (...parameters: unknown[]) => {
        listeners++;
        return Reflect.apply(addEventListener, signal, parameters);
      },
      removeEventListener: (...parameters: unknown[]) => {
        listeners--;
        return Reflect.apply(removeEventListener, signal, parameters);
      },
    });
    await operations.batchInsert(twenty, { signal });
    await batchErrorOf(operations.batchInsert(twenty, { signal }));
    expect(listeners).toBe(0);
  });
});

describe('onProgress', () => {
  it('is called after every chunk, with numbers that add up', async () => {
    const told: BatchProgress[] = [];
    await operations.batchInsert(threeBad, { onRecordError: 'skip', onProgress: (progress) => told.push(progress) });
    expect(told.map(({ processed, total, failed, skipped }) => [processed, total, failed, skipped])).toEqual([
      [5, 20, 0, 0],
      [10, 20, 0, 0],
      [15, 20, 0, 0],
      [20, 20, 3, 0],
    ]);
    expect(told[3]).toMatchObject({ operation: 'batchInsert', name: 'Town', remainingMs: 0, individually: 0 });
    expect(told.every(({ elapsedMs }, i) => elapsedMs >= (told[i - 1]?.elapsedMs ?? 0))).toBe(true);
  });

  it('is called by reads, too', async () => {
    const told: number[] = [];
    await operations.batchGet(twentyIds, { onProgress: ({ processed }) => told.push(processed) });
    expect(told).toEqual([5, 10, 15, 20]);
  });

  it('knows the total of a stream at its end only', async () => {
    const told: (number | undefined)[] = [];
    await operations.batchInsert(someTowns(12).values(), { onProgress: ({ total }) => told.push(total) });
    expect(told).toEqual([undefined, undefined, 12]);
  });
});

describe('outcomes and returnModels', () => {
  it('give what was asked for and nothing else', async () => {
    expect(await operations.batchInsert(someTowns(2))).not.toHaveProperty('outcomes');
    const withOutcomes = await operations.batchInsert(someTowns(2, 2), { outcomes: true });
    expect(withOutcomes.outcomes).toEqual([
      { index: 0, key: '3', status: 'inserted' },
      { index: 1, key: '4', status: 'inserted' },
    ]);
    expect(withOutcomes).not.toHaveProperty('models');
    const withModels = await operations.batchInsert(someTowns(2, 4), { returnModels: true });
    expect(withModels.models.map(({ id }) => id)).toEqual([5, 6]);
    expect(withModels.models[0]).toBeInstanceOf(Town);
    expect(withModels).not.toHaveProperty('outcomes');
    const neither = await operations.batchInsert(someTowns(2, 6), { outcomes: false, returnModels: false });
    expect(Object.keys(neither)).not.toEqual(expect.arrayContaining(['outcomes']));
    expect(Object.keys(neither)).not.toEqual(expect.arrayContaining(['models']));
  });
});

describe('fields, constraintColumns and updateColumns', () => {
  beforeEach(async () => {
    await operations.batchInsert([{ name: 'a', country: 'FR', population: 1 }]);
    test.statements.length = 0;
  });
  const first = async () => (await operations.batchGet([1]))[0];

  it('fields names what an update writes', async () => {
    await operations.batchUpdate([{ id: 1, name: 'b', country: 'DE', population: 2 }], {
      fields: ['population', 'name'],
    });
    expect(await first()).toMatchObject({ name: 'b', country: 'FR', population: 2 });
  });

  it('constraintColumns names by what an upsert finds the row', async () => {
    const record = { name: 'a', country: 'FR', population: 9 };
    await operations.batchUpsert([record], { constraintColumns: ['country', 'name'] });
    expect(await first()).toMatchObject({ id: 1, population: 9 });
    await expect(operations.batchUpsert([record])).rejects.toThrow('has no "id", one of the constraintColumns');
  });

  it('updateColumns names what an upsert writes where the row is', async () => {
    const record = { name: 'a', country: 'FR', population: 9, notes: { x: 1 } };
    const byName = { constraintColumns: ['country', 'name'] } satisfies BatchUpsertOptions<typeof towns>;
    expect(await operations.batchUpsert([record], { ...byName, updateColumns: [] })).toMatchObject({ unchanged: 1 });
    expect(await first()).toMatchObject({ population: 1, notes: null });
    await operations.batchUpsert([record], { ...byName, updateColumns: ['notes'] });
    expect(await first()).toMatchObject({ population: 1, notes: { x: 1 } });
  });

  it.each<[string, () => Promise<unknown>, string]>([
    ['a field that is not there', () => operations.batchUpdate([], unchecked({ fields: ['nmae'] })), 'nmae'],
    ['the key among the fields', () => operations.batchUpdate([], unchecked({ fields: ['id'] })), 'id'],
    ['no list of fields', () => operations.batchUpdate([], unchecked({ fields: 'name' })), 'takes a list of fields'],
    ['no constraintColumns', () => operations.batchUpsert([], { constraintColumns: [] }), 'at least one field'],
    [
      'a constraintColumn that is not there',
      () => operations.batchUpsert([], unchecked({ constraintColumns: ['x'] })),
      'x',
    ],
    ['the key among updateColumns', () => operations.batchUpsert([], unchecked({ updateColumns: ['id'] })), 'id'],
    [
      'a constraintColumn among updateColumns',
      () => operations.batchUpsert([], { constraintColumns: ['country', 'name'], updateColumns: ['name'] }),
      'it is one of the constraintColumns',
    ],
  ])('refuse %s before anything is sent', async (_, run, message) => {
    expect((await failureOf(run(), ConfigError)).message).toContain(message);
    expect(sent(test)).toEqual([]);
  });
});

/** Options as they come from code that TypeScript has not checked. */
function unchecked(options: object): object {
  return options;
}
