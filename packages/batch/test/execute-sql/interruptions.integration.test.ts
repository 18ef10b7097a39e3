import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type BatchConfig, BatchOperations } from '@uno/batch';
import { BatchError } from '@uno/domain';
import { CanceledError, CommitUnknownError, OperationTimeoutError, UnoPostgresDialect } from '@uno/postgres';
import { Kysely } from 'kysely';
import pg from 'pg';
import { strategies } from '../engine/support/strategies.js';
import { range } from '../failure/support/load.js';
import { busy, untilWaiting } from '../failure/support/sessions.js';
import { installTrips, TRIPPING, tripTimes } from '../failure/support/trips.js';
import { countOf, crates, openYard, type Yard } from '../failure/support/yard.js';
import { failureOf } from '../support/failure-of.js';
import { until } from '../support/until.js';

let yard: Yard;
let other: pg.Client;

beforeAll(async () => {
  yard = await openYard({ settings: '-c deadlock_timeout=20ms' });
  await installTrips(yard);
  other = await yard.session();
});
afterAll(() => yard.close());
beforeEach(async () => {
  await other.query('rollback');
  await yard.reset(range(1, 12).map((id) => ({ id, label: null, weight: 1, note: 'none', dockId: 1 })));
});

const insert = 'insert into crate (id, weight, note) values ($1, $2, $3) returning id';
const update = 'update crate set weight = weight + 1 where id = $1 returning weight';

function operationsOf(config: BatchConfig = {}) {
  return new BatchOperations({ table: crates, db: yard.db, config: { batchSize: 4, retryDelayMs: 1, ...config } });
}

/** Ten crates in three chunks; the sixth makes the table trip. */
function tripping(sqlstate: string): [number, number, string][] {
  return range(101, 110).map((id) => [id, id === 106 ? TRIPPING : 1, sqlstate]);
}

const ids = range(1, 12).map((id) => [id]);

describe('a failure that may pass', () => {
  const cases = ['40001', '40P01', '55P03'].flatMap((state) =>
    strategies.map((strategy) => [state, strategy] as const),
  );

  it.each(cases)('is tried again, and every result comes once: %s (%s)', async (sqlstate, strategy) => {
    await tripTimes(yard, 2);
    const operations = operationsOf();
    const { results, ...totals } = await operations.batchExecuteSql<{ id: number }>(insert, tripping(sqlstate), {
      strategy,
    });
    expect(totals).toEqual({ total: 10, succeeded: 10, failed: 0, affected: 10, failures: [] });
    expect(results.map((result) => result?.rows[0]?.id)).toEqual(range(101, 110));
    expect(await countOf(yard)).toBe(22);
    expect(operations.getMetrics().total).toMatchObject({ retries: 2, retriesBySqlstate: { [sqlstate]: 2 } });
  });

  it('is no set’s fault in the end', async () => {
    await tripTimes(yard, 100);
    const error = await failureOf(operationsOf({ retryCount: 1 }).batchExecuteSql(insert, tripping('40001')));
    expect(error).toMatchObject({ code: 'UNO_SERIALIZATION', retries: [{ sqlstate: '40001' }] });
    expect(await countOf(yard)).toBe(12);
  });

  it('is the caller’s to repeat in a transaction of the caller’s', async () => {
    await tripTimes(yard, 1);
    const failed = yard.db
      .transaction()
      .execute((db) => new BatchOperations({ table: crates, db }).batchExecuteSql(insert, tripping('40001')));
    expect(await failureOf(failed)).toMatchObject({ sqlstate: '40001', retries: [] });
  });

  it('is a deadlock with somebody else, amid a flight', async () => {
    await other.query("set deadlock_timeout = '1min'; begin; update crate set weight = 50 where id = 7");
    const running = operationsOf({ batchSize: 12 }).batchExecuteSql(update, ids, { returnRows: false });
    await untilWaiting(yard);
    // Waits for a row of the flight until the server has ended that.
    await other.query('update crate set weight = 50 where id = 2; commit');
    expect(await running).toMatchObject({ affected: 12 });
    expect((await yard.rows()).map(({ weight }) => weight)).toEqual(
      range(1, 12).map((id) => (id === 2 || id === 7 ? 51 : 2)),
    );
  });

  it('is a deadlock between the workers of a call, where nobody says which sets meet', async () => {
    const sets = range(1, 60).map((i) => [((i % 2 === 0 ? i : 60 - i) % 12) + 1]);
    const options = { strategy: 'parallel', returnRows: false } as const;
    const operations = operationsOf({ batchSize: 12, retryCount: 20, maxWorkers: 3 });
    expect(await operations.batchExecuteSql(update, sets, options)).toMatchObject({ affected: 60 });
    const weights = (await yard.rows()).map(({ weight }) => weight);
    expect(weights.reduce((sum, weight) => sum + weight, 0)).toBe(12 + 60);
  });

  it('cannot be one between them where it is said', async () => {
    const sets = range(1, 60).map((i) => [((i % 2 === 0 ? i : 60 - i) % 12) + 1]);
    const operations = operationsOf({ batchSize: 12, retryCount: 0, maxWorkers: 3 });
    await operations.batchExecuteSql(update, sets, { strategy: 'parallel', keyOf: ([id]) => String(id) });
    expect(operations.getMetrics().total).toMatchObject({ retries: 0, recordsSuccessful: 60 });
  });
});

describe('a call that is given up amid a flight', () => {
  const block = () => other.query('begin; update crate set weight = 50 where id = 7');

  /** What a call fails with that has to wait for the seventh row, after something that happens meanwhile. */
  const blocked = async (run: () => Promise<unknown>, meanwhile = () => {}): Promise<unknown> => {
    await block();
    const failure = failureOf(run());
    await untilWaiting(yard);
    meanwhile();
    return failure;
  };

  async function expectNothingLeft(): Promise<void> {
    await other.query('rollback');
    await until('nothing is under way', async () => (await busy(yard)).length === 0);
    expect([yard.pool.totalCount - yard.pool.idleCount, yard.pool.waitingCount]).toEqual([0, 0]);
    expect((await yard.rows()).map(({ weight }) => weight)).toEqual(range(1, 12).map(() => 1));
    expect(await operationsOf().batchExecuteSql(update, [[1]])).toMatchObject({ affected: 1 });
  }

  const whole = ['single_query', 'chunked', 'pipelined', 'optimistic'] as const;

  it.each(whole)('by its signal is cancelled on the server, and nothing is written (%s)', async (strategy) => {
    const controller = new AbortController();
    const reason = new Error('changed my mind');
    const { signal } = controller;
    const error = await blocked(
      () => operationsOf().batchExecuteSql(update, ids, { strategy, signal }),
      () => controller.abort(reason),
    );
    expect(error).toBeInstanceOf(CanceledError);
    expect(error).toMatchObject({ cause: reason, retries: [] });
    await expectNothingLeft();
  });

  it.each(whole)('by its time limit is, too (%s)', async (strategy) => {
    await block();
    const error = await failureOf(operationsOf().batchExecuteSql(update, ids, { strategy, timeoutMs: 300 }));
    expect(error).toBeInstanceOf(OperationTimeoutError);
    await expectNothingLeft();
  });

  it('tells which chunks are committed', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const error = await blocked(
      () => operationsOf().batchExecuteSql(update, ids, { atomicity: 'chunk', signal }),
      () => controller.abort(),
    );
    if (!(error instanceof BatchError)) throw error;
    expect([error.index, error.written.toString(), error.cause.code]).toEqual([undefined, '0-3', 'UNO_CANCELED']);
  });
});

describe('what comes back', () => {
  it('and cannot be read, of what is committed, is not taken for what was not written', async () => {
    const { connectionString } = yard.pool.options;
    const types = {
      getTypeParser: () => () => {
        throw new Error('of the parser');
      },
    };
    const pool = new pg.Pool({ connectionString, types: types as pg.CustomTypesConfig });
    const db = new Kysely<unknown>({ dialect: new UnoPostgresDialect({ pool }) });
    const operations = new BatchOperations({ table: crates, db });
    const error = await failureOf(operations.batchExecuteSql(update, ids));
    expect(error).toBeInstanceOf(CommitUnknownError);
    expect((await yard.rows()).map(({ weight }) => weight)).toEqual(range(1, 12).map(() => 2));
    const among = await failureOf(operations.batchExecuteSql(update, ids, { batchSize: 4 }));
    expect(among).toMatchObject({ code: 'UNO_STATEMENT', cause: { message: 'of the parser' } });
    expect((await yard.rows()).map(({ weight }) => weight)).toEqual(range(1, 12).map(() => 2));
    await db.destroy();
  });
});
