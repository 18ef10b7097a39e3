import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type FaultProxy, startFaultProxy } from '@uno/testing';
import type { Kysely } from 'kysely';
import type pg from 'pg';
import {
  CanceledError,
  ConnectionError,
  executeText,
  executeTogether,
  failedRequest,
  type Queryable,
  type TogetherRequest,
} from '../../src/index.js';
import { backendPid } from '../support/backend-pid.js';
import { expectCanceled, reason } from '../support/canceled.js';
import { failureOf, until, untilRunning } from '../support/conditions.js';
import { createNotes, notes } from '../support/notes.js';
import { prepare, TestBed } from '../support/test-bed.js';

let bed: TestBed;
let proxy: FaultProxy;
let db: Kysely<unknown>;
let pool: pg.Pool;
let observer: pg.Client;

beforeAll(async () => {
  bed = await TestBed.create();
  proxy = await startFaultProxy({ target: bed.connectionString });
  ({ db, pool } = bed.open({ pool: { max: 1, connectionString: proxy.connectionString } }));
  observer = await bed.session();
  await prepare(observer, createNotes);
});
beforeEach(() => prepare(observer, 'truncate note'));
afterAll(async () => {
  await bed.close();
  await proxy.close();
});

const insert = { sql: 'insert into note values ($1)' };
const inserts = (...texts: string[]) =>
  texts.map((text): TogetherRequest => ({ statement: insert, parameters: [text] }));
const sleep: TogetherRequest = { statement: { sql: 'select pg_sleep($1)' }, parameters: [60] };

/** The notes that others see, once nobody is writing any. */
async function settledNotes(): Promise<unknown[]> {
  await until('nothing is under way', async () => {
    const { rows } = await observer.query(
      `select 1 from pg_locks where relation = 'note'::regclass and pid <> pg_backend_pid()`,
    );
    return rows.length === 0;
  });
  const { rows } = await observer.query<{ text: string }>('select text from note order by text');
  return rows.map(({ text }) => text);
}

describe('a signal', () => {
  it('that is aborted before keeps them from being sent', async () => {
    const signal = AbortSignal.abort(reason);
    expectCanceled(await failureOf(executeTogether(db, inserts('a'), { signal })));
    expect(await notes(db)).toEqual([]);
  });

  it.each([
    ['outside of a transaction', (run: (on: Queryable) => Promise<unknown>) => run(db)],
    ['in one', (run: (on: Queryable) => Promise<unknown>) => db.transaction().execute(run)],
  ])('has the server cancel the one that runs, and none of them stays: %s', async (_, within) => {
    const pid = await backendPid(db);
    const controller = new AbortController();
    const requests = [...inserts('a', 'b'), sleep, ...inserts('c')];
    const running = failureOf(within((on) => executeTogether(on, requests, { signal: controller.signal })));
    await untilRunning(observer, pid, 'pg_sleep');
    controller.abort(reason);
    const error = await running;
    expectCanceled(error);
    expect(failedRequest(error)).toBe(2);
    expect(await settledNotes()).toEqual([]);
    expect(await backendPid(db)).toBe(pid);
  });

  it('ends them wholly or not at all, and touches nothing that comes after, whenever it is aborted', async () => {
    const pid = await backendPid(db);
    const outcomes = new Set<string>();
    for (let i = 0; i < 150; i++) {
      await prepare(observer, 'truncate note');
      const controller = new AbortController();
      const texts = Array.from({ length: 20 }, (_, n) => `${n}`);
      const requests = inserts(...texts).toSpliced(10, 0, { statement: { sql: `select pg_sleep(0.00${i % 4})` } });
      const racing = executeTogether(db, requests, { signal: controller.signal });
      setTimeout(() => controller.abort(reason), i % 8);
      const outcome = await racing.then(
        () => 'done',
        (error: unknown) => (error instanceof CanceledError ? 'cancelled' : String(error)),
      );
      outcomes.add(outcome);
      // A late cancel would hit this one, which has no signal.
      await executeText(db, { sql: 'select pg_sleep(0.001)' });
      expect(await settledNotes()).toHaveLength(outcome === 'done' ? 20 : 0);
    }
    expect([...outcomes].filter((outcome) => outcome !== 'done' && outcome !== 'cancelled')).toEqual([]);
    expect(outcomes).toContain('cancelled');
    expect(await backendPid(db)).toBe(pid);
  });
});

describe('a connection that is lost at any message', () => {
  const requests = inserts('a', 'b', 'c');

  it.each(['client', 'server'] as const)('of the %s leaves all of them or none', async (from) => {
    const kept = new Set<number>();
    for (let nth = 1; ; nth++) {
      await prepare(observer, 'truncate note');
      await executeText(db, { sql: 'select 1' });
      const fault = proxy.inject({ when: { from, nth }, action: 'cut' });
      let hit = true;
      fault.fired.catch(() => {
        hit = false;
      });
      const outcome = await executeTogether(db, requests).catch((error: unknown) => error);
      fault.remove();
      await new Promise(setImmediate);
      const left = await settledNotes();
      if (!hit) {
        expect(left).toEqual(['a', 'b', 'c']);
        expect(nth).toBeGreaterThan(8);
        break;
      }
      expect(outcome).toBeInstanceOf(ConnectionError);
      expect(outcome).toHaveProperty('retry', 'if-idempotent');
      expect(failedRequest(outcome)).toBeUndefined();
      kept.add(left.length);
      await until('the pool has noticed', async () => pool.totalCount === 0);
    }
    // What the client did not send to its end cannot have happened; what the server does not say has.
    expect([...kept]).toEqual(from === 'client' ? [0] : [3]);
  });

  it('is told by a session that is terminated, at no statement', async () => {
    const pid = await backendPid(db);
    const running = failureOf(executeTogether(db, [...inserts('a'), sleep]));
    await untilRunning(observer, pid, 'pg_sleep');
    await observer.query('select pg_terminate_backend($1)', [pid]);
    const error = await running;
    expect([error, failedRequest(error)]).toMatchObject([{ code: 'UNO_CONNECTION', sqlstate: '57P01' }, undefined]);
    expect(await settledNotes()).toEqual([]);
  });
});

describe('a server that does not answer', () => {
  it('is not waited for after the signal is aborted', async () => {
    await executeText(db, { sql: 'select 1' });
    const controller = new AbortController();
    const fault = proxy.inject({ when: { from: 'client', name: 'Bind', nth: 2 }, action: 'stall' });
    proxy.inject({ when: { name: 'CancelRequest' }, action: 'stall', times: Number.POSITIVE_INFINITY });
    const running = failureOf(executeTogether(db, inserts('a', 'b'), { signal: controller.signal }));
    await fault.fired;
    controller.abort(reason);
    expect(await running).toBeInstanceOf(ConnectionError);
    proxy.cutAll();
    expect(await settledNotes()).toEqual([]);
  });

  it('is given no more than the socket takes', async () => {
    const own = bed.open({ pool: { max: 1, connectionString: proxy.connectionString } });
    const client = await own.pool.connect();
    const { stream } = (client as pg.PoolClient & pg.Client).connection;
    client.release();
    const fault = proxy.inject({ when: { from: 'client', name: 'Bind', nth: 2 }, action: 'stall' });
    const wide = Array.from({ length: 200 }, (_, i) => `${i}${'x'.repeat(200_000)}`);
    const running = executeTogether(own.db, inserts(...wide));
    await fault.fired;
    await until('the socket is full', async () => stream.writableNeedDrain);
    // What the system and the proxy keep in between is some megabytes.
    expect(Reflect.get(stream, 'bytesWritten')).toBeLessThan(20_000_000);
    expect(stream.writableLength).toBeLessThan(1_000_000);
    proxy.resume();
    expect(await running).toHaveLength(200);
  });
});
