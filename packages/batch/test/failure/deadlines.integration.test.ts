import { getEventListeners } from 'node:events';
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { BatchOperations, BatchOperationsPort } from '@uno/batch';
import { type BatchCallOptions, UnoContext, UnoDBRepository } from '@uno/domain';
import { CanceledError, OperationTimeoutError } from '@uno/postgres';
import type pg from 'pg';
import { failureOf } from '../support/failure-of.js';
import { until } from '../support/until.js';
import { load, range } from './support/load.js';
import { busy, untilWaiting, waiting } from './support/sessions.js';
import { watchTimers } from './support/timers.js';
import { crates, openYard, type Yard } from './support/yard.js';

let yard: Yard;
let blocker: pg.Client;
let blockerPid: number;
let operations: BatchOperations<typeof crates>;
let repository: UnoDBRepository<typeof crates>;

const rows = range(1, 12).map((id) => ({ id, label: null, weight: 1, note: 'before', dockId: 1 }));

beforeAll(async () => {
  yard = await openYard();
  blocker = await yard.session();
  blockerPid = (await blocker.query<{ pid: number }>('select pg_backend_pid() as pid')).rows[0]?.pid ?? 0;
  operations = new BatchOperations({ table: crates, db: yard.db, config: { batchSize: 5 } });
  repository = new UnoDBRepository(new UnoContext({ db: yard.db, batch: new BatchOperationsPort() }), crates);
});

afterAll(() => yard.close());

beforeEach(async () => {
  // A test that failed has left its lock.
  await blocker.query('rollback');
  await yard.reset(rows);
});

const strategies = ['single_query', 'chunked', 'parallel', 'pipelined', 'optimistic'] as const;
const off = { useBatchOperations: false, batchSize: 5 } as const;
const changes = rows.map(({ id }) => ({ id, weight: 2 }));
const keys = rows.map(({ id }) => id);

type Call = (options: BatchCallOptions) => Promise<unknown>;

const calls: [string, Call][] = [
  ...strategies.flatMap((strategy): [string, Call][] => [
    [`batchInsert ${strategy}`, (options) => operations.batchInsert(load(12, [], 101), { ...options, strategy })],
    [`batchUpdate ${strategy}`, (options) => operations.batchUpdate(changes, { ...options, strategy })],
    [`batchUpsert ${strategy}`, (options) => operations.batchUpsert(load(12, [], 7), { ...options, strategy })],
    [`batchDelete ${strategy}`, (options) => operations.batchDelete(keys, { ...options, strategy })],
    [`batchGet ${strategy}`, (options) => operations.batchGet(keys, { ...options, strategy })],
  ]),
  ['batchInsert with outcomes', (options) => operations.batchInsert(load(12, [], 101), { ...options, outcomes: true })],
  ['batchAdd without batching', (options) => repository.batchAdd(load(12, [], 101), { ...options, ...off })],
  ['batchUpdate without batching', (options) => repository.batchUpdate(changes, { ...options, ...off })],
  ['batchRemove without batching', (options) => repository.batchRemove(keys, { ...options, ...off })],
  ['batchGet without batching', (options) => repository.batchGet(keys, { ...options, ...off })],
  ['batchAdd through a repository', (options) => repository.batchAdd(load(12, [], 101), options)],
];

/** How long it took until the server was seen to have stopped, of every call. */
const delays: number[] = [];

async function block(): Promise<void> {
  await blocker.query('begin; lock table crate in access exclusive mode');
}

/** What has to be true after a call that was given up: as if it had never been. */
async function expectNothingLeft(): Promise<void> {
  // The client hears of the end of a statement a moment before the server says that the session is idle.
  await until('nothing is under way', async () => (await busy(yard, blockerPid)).length === 0);
  expect({ total: yard.pool.totalCount - yard.pool.idleCount, waiting: yard.pool.waitingCount }).toEqual({
    total: 0,
    waiting: 0,
  });
  await blocker.query('rollback');
  const { rows: locks } = await yard.observer.query(
    `select 1 from pg_locks where relation = 'crate'::regclass and database = (select oid from pg_database where datname = current_database())`,
  );
  expect(locks).toEqual([]);
  expect(await yard.rows()).toEqual(rows);
  // The connections that were used are fit for use.
  await Promise.all(range(1, 4).map((id) => operations.batchGet([id])));
  expect(await operations.batchInsert([{ id: 500, weight: 1 }])).toMatchObject({ inserted: 1 });
}

describe('a call whose signal is aborted', () => {
  it.each(calls)('is cancelled on the server at once: %s', async (_, call) => {
    await block();
    const controller = new AbortController();
    const reason = new Error('changed my mind');
    const failure = failureOf(call({ signal: controller.signal }));
    await untilWaiting(yard);
    const requested = performance.now();
    controller.abort(reason);
    await until('the server does not wait any more', async () => (await waiting(yard)) === 0);
    delays.push(performance.now() - requested);
    const error = await failure;
    expect(error).toBeInstanceOf(CanceledError);
    expect(error).toMatchObject({ cause: reason, retries: [] });
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    await expectNothingLeft();
  });

  it('is cancelled within 100 ms', () => {
    expect(delays).toHaveLength(calls.length);
    // Half of the time is for us to see it, on a machine that has other things to do; the slowest were in its way.
    expect(delays.toSorted((a, b) => a - b)[Math.floor(delays.length / 4)]).toBeLessThan(150);
    expect(Math.max(...delays)).toBeLessThan(2_000);
  });

  it.each(calls)('sends nothing if it was aborted before: %s', async (_, call) => {
    yard.statements.length = 0;
    const signal = AbortSignal.abort('never mind');
    const error = await failureOf(call({ signal }));
    expect(error).toBeInstanceOf(CanceledError);
    expect(error).toMatchObject({ cause: 'never mind' });
    expect(yard.statements).toEqual([]);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it.each(calls)('leaves no listener and no timer behind if it is never aborted: %s', async (_, call) => {
    const controller = new AbortController();
    const timers = watchTimers();
    await call({ signal: controller.signal, timeoutMs: 123_456 });
    expect(timers.set(123_456)).toBeGreaterThan(0);
    expect(timers.running(123_456)).toBe(0);
    jest.restoreAllMocks();
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });
});

describe('a call that is out of time', () => {
  it.each(calls)('is cancelled on the server and leaves nothing behind: %s', async (_, call) => {
    await block();
    const failure = failureOf(call({ timeoutMs: 60 }));
    const error = await failure;
    expect(error).toBeInstanceOf(OperationTimeoutError);
    expect(error).toMatchObject({ timeoutMs: 60, code: 'UNO_TIMEOUT' });
    expect(await waiting(yard)).toBe(0);
    await expectNothingLeft();
  });
});
