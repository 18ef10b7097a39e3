import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type FaultProxy, startFaultProxy } from '@uno/testing';
import { type Kysely, sql } from 'kysely';
import type pg from 'pg';
import {
  CanceledError,
  ConnectionError,
  ConstraintError,
  executeText,
  executeTextSql,
  preparedStatement,
  type Queryable,
} from '../../src/index.js';
import { backendPid } from '../support/backend-pid.js';
import { expectCanceled, reason } from '../support/canceled.js';
import { failureOf, until, untilBlocked, untilGone, untilRunning } from '../support/conditions.js';
import { Door } from '../support/door.js';
import { type Opened, prepare, TestBed } from '../support/test-bed.js';
import { throughPort } from '../support/through-port.js';
import { anonymousTls, TlsProxy } from '../support/tls-proxy.js';

let bed: TestBed;
let db: Kysely<unknown>;
let pool: pg.Pool;
let observer: pg.Client;

const sleep = { sql: 'select pg_sleep(60)' };

beforeAll(async () => {
  bed = await TestBed.create();
  ({ db, pool } = bed.open({ pool: { max: 1 } }));
  observer = await bed.session();
  await prepare(observer, 'create table note (id integer primary key)');
});
beforeEach(() => prepare(observer, 'truncate note'));
afterAll(() => bed.close());

/** Aborts a statement when the server runs it, and gives the error. */
async function abortedWhileRunning(on: Queryable, statement = sleep): Promise<unknown> {
  const pid = await backendPid(on);
  const controller = new AbortController();
  const running = failureOf(executeText(on, statement, [], { signal: controller.signal }));
  await untilRunning(observer, pid, 'pg_sleep');
  controller.abort(reason);
  return running;
}

describe('a signal that is aborted before its statement is sent', () => {
  it('keeps it from being sent, and takes no connection', async () => {
    const fresh = bed.open({ pool: { max: 1 } });
    const options = { signal: AbortSignal.abort(reason) };
    expectCanceled(await failureOf(executeText(fresh.db, sleep, [], options)));
    expectCanceled(await failureOf(executeTextSql(fresh.db, sql`select 1`, options)));
    expect(fresh.pool.totalCount).toBe(0);
  });

  it('ends the wait for a connection at once, and the statement does not run later on', async () => {
    const controller = new AbortController();
    await db.connection().execute(async (connection) => {
      const insert = { sql: 'insert into note values (1)' };
      const waiting = failureOf(executeText(db, insert, [], { signal: controller.signal }));
      await until('it waits for a connection', async () => pool.waitingCount === 1);
      controller.abort(reason);
      expectCanceled(await waiting);
      expect(pool.waitingCount).toBe(1);
      await executeText(connection, { sql: 'select 1' });
    });
    await until('the connection is back', async () => pool.idleCount === 1 && pool.waitingCount === 0);
    expect((await executeText(db, { sql: 'select id from note' })).rows).toEqual([]);
  });

  it('ends the wait for its turn in a transaction, which goes on', async () => {
    const controller = new AbortController();
    await db.transaction().execute(async (trx) => {
      const first = executeText(trx, { sql: 'insert into note values (1)' });
      const second = failureOf(
        executeText(trx, { sql: 'insert into note values (2)' }, [], { signal: controller.signal }),
      );
      controller.abort(reason);
      expectCanceled(await second);
      await first;
      await executeText(trx, { sql: 'insert into note values (3)' });
    });
    expect((await executeText(db, { sql: 'select id from note order by id' })).rows).toEqual([['1'], ['3']]);
  });
});

describe('a signal that is aborted while its statement runs', () => {
  it('has the server cancel it, and the connection stays', async () => {
    const pid = await backendPid(db);
    const error = await abortedWhileRunning(db);
    expectCanceled(error);
    expect(error).toHaveProperty('sqlstate', '57014');
    expect(await backendPid(db)).toBe(pid);
  });

  it('leaves its transaction to be rolled back, on the same connection', async () => {
    const pid = await backendPid(db);
    const run = db.transaction().execute(async (trx) => {
      await executeText(trx, { sql: 'insert into note values (1)' });
      throw await abortedWhileRunning(trx);
    });
    expectCanceled(await failureOf(run));
    expect((await executeText(db, { sql: 'select id from note' })).rows).toEqual([]);
    expect(await backendPid(db)).toBe(pid);
  });

  it('leaves a prepared statement usable', async () => {
    const statement = preparedStatement('select pg_sleep($1::double precision)');
    const pid = await backendPid(db);
    const controller = new AbortController();
    const running = failureOf(executeText(db, statement, ['60'], { signal: controller.signal }));
    await untilRunning(observer, pid, 'pg_sleep');
    controller.abort(reason);
    expectCanceled(await running);
    expect((await executeText(db, statement, ['0'])).rows).toEqual([['']]);
  });

  it('is a cancel whatever the words of the server are', async () => {
    // Where the messages are translated, only what we did tells a cancel from a timeout.
    const error = await abortedWhileRunning(db, { sql: "select pg_sleep(60), 'statement timeout'" });
    expectCanceled(error);
  });

  it('does nothing where the statement fails by itself', async () => {
    await prepare(observer, 'insert into note values (1)');
    const controller = new AbortController();
    const insert = executeText(db, { sql: 'insert into note values (1)' }, [], { signal: controller.signal });
    const error = await failureOf(insert);
    controller.abort(reason);
    expect(error).toBeInstanceOf(ConstraintError);
  });

  it('does not touch what comes after, however often they meet', async () => {
    const pid = await backendPid(db);
    const outcomes = new Set<string>();
    for (let i = 0; i < 300; i++) {
      const controller = new AbortController();
      const racing = executeText(db, { sql: `select pg_sleep(0.000${i % 10})` }, [], { signal: controller.signal });
      setTimeout(() => controller.abort(reason), i % 4);
      const outcome = await racing.then(
        () => 'done',
        (error: unknown) => (error instanceof CanceledError ? 'cancelled' : String(error)),
      );
      outcomes.add(outcome);
      // A late cancel would hit this one, which has no signal.
      await executeText(db, { sql: 'select pg_sleep(0.001)' });
    }
    expect([...outcomes].filter((outcome) => outcome !== 'done' && outcome !== 'cancelled')).toEqual([]);
    expect(await backendPid(db)).toBe(pid);
  });

  it('may be the signal of many statements, without a warning', async () => {
    const many = bed.open({ pool: { max: 15 } });
    const warnings: unknown[] = [];
    const warned = (warning: unknown) => warnings.push(warning);
    process.on('warning', warned);
    const controller = new AbortController();
    const { signal } = controller;
    const all = Array.from({ length: 15 }, () => failureOf(executeText(many.db, sleep, [], { signal })));
    await until('all are under way', async () => {
      const { rows } = await observer.query(
        "select 1 from pg_stat_activity where datname = current_database() and state = 'active' and query = $1",
        [sleep.sql],
      );
      return rows.length === 15;
    });
    controller.abort(reason);
    for (const error of await Promise.all(all)) expectCanceled(error);
    process.off('warning', warned);
    expect(warnings).toEqual([]);
  });
});

describe('a cancel that nobody asked for through the signal', () => {
  it('stays what it was', async () => {
    const pid = await backendPid(db);
    const { signal } = new AbortController();
    const running = failureOf(executeText(db, sleep, [], { signal }));
    await untilRunning(observer, pid, 'pg_sleep');
    await prepare(observer, `select pg_cancel_backend(${pid})`);
    const error = await running;
    expect(error).toBeInstanceOf(CanceledError);
    expect(error).toHaveProperty('message', expect.stringContaining('user request'));
  });
});

describe('a connection over', () => {
  it('a Unix socket is cancelled over that', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'uno-'));
    const door = await Door.before(bed.connectionString, join(directory, '.s.PGSQL.5432'));
    const url = new URL(bed.connectionString);
    const local = bed.open({
      pool: {
        ...{ connectionString: undefined, host: directory, port: 5432, max: 1 },
        ...{ user: url.username, password: url.password, database: bed.databaseName },
      },
    });
    expectCanceled(await abortedWhileRunning(local.db));
    expect(door.accepted).toBe(2);
    await local.db.destroy();
    await door.close();
    await rm(directory, { recursive: true });
  });

  it('TLS is cancelled over TLS, with the options of the pool', async () => {
    const proxy = await TlsProxy.before(bed.connectionString);
    const connectionString = throughPort(bed.connectionString, proxy.port);
    const secure = bed.open({ pool: { connectionString, max: 1, ssl: anonymousTls } });
    const pid = await backendPid(secure.db);
    expectCanceled(await abortedWhileRunning(secure.db));
    expect([proxy.encrypted, proxy.refused]).toEqual([2, 0]);
    expect(await backendPid(secure.db)).toBe(pid);
    const sent: number[] = [];
    await executeText(secure.db, { sql: 'select 1' }, [], { onSent: (bytes) => sent.push(bytes) });
    expect(sent[0]).toBeGreaterThan(0);
    await secure.db.destroy();
    await proxy.close();
  });
});

describe('a statement that cannot be cancelled', () => {
  async function behindDoor(): Promise<Opened<unknown> & { door: Door }> {
    const door = await Door.before(bed.connectionString);
    const connectionString = throughPort(bed.connectionString, door.port);
    return { ...bed.open({ pool: { connectionString, max: 1 } }), door };
  }

  async function behindProxy(): Promise<Opened<unknown> & { proxy: FaultProxy }> {
    const proxy = await startFaultProxy({ target: bed.connectionString });
    return { ...bed.open({ pool: { connectionString: proxy.connectionString, max: 1 } }), proxy };
  }

  /** The server must not work on for somebody who has left; that is its own business then. */
  async function endOn(pid: number): Promise<void> {
    await prepare(observer, `select pg_terminate_backend(${pid})`);
    await untilGone(observer, pid);
  }

  it('because no server takes the request settles by closing the connection', async () => {
    const { db: remote, pool: own, door } = await behindDoor();
    const pid = await backendPid(remote);
    door.shut();
    const error = await abortedWhileRunning(remote);
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error).toMatchObject({ retry: 'if-idempotent', cause: reason });
    expect(String(error)).toContain('ECONNREFUSED');
    await until('it is not used again', async () => own.totalCount === 0);
    await endOn(pid);
    await door.close();
  });

  it('in a transaction is a CanceledError: nothing of it can have been written', async () => {
    const { db: remote, pool: own, door } = await behindDoor();
    const pids: number[] = [];
    const run = remote.transaction().execute(async (trx) => {
      pids.push(await backendPid(trx));
      door.shut();
      throw await abortedWhileRunning(trx);
    });
    expectCanceled(await failureOf(run));
    await until('it is not used again', async () => own.totalCount === 0);
    for (const pid of pids) await endOn(pid);
    await door.close();
  });

  it('because the server takes the request and does not end the socket settles after the grace period', async () => {
    const { db: remote, pool: own, proxy } = await behindProxy();
    const pid = await backendPid(remote);
    proxy.inject({ when: { name: 'CancelRequest' }, action: 'stall' });
    const error = await abortedWhileRunning(remote);
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error).toMatchObject({ retry: 'if-idempotent', cause: reason });
    await until('it is not used again', async () => own.totalCount === 0);
    await endOn(pid);
    await proxy.close();
  });

  it('because its answer never comes settles after the grace period', async () => {
    const { db: remote, pool: own, proxy } = await behindProxy();
    proxy.inject({ when: { from: 'server', name: 'ErrorResponse' }, action: 'stall' });
    const error = await abortedWhileRunning(remote);
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error).toMatchObject({ message: expect.stringContaining('within 2000 ms'), cause: reason });
    await until('it is not used again', async () => own.totalCount === 0);
    expect(await backendPid(remote)).toBeGreaterThan(0);
    await proxy.close();
  });

  it('gives its result where it succeeds, and closes the connection while a cancel is still on its way', async () => {
    const { db: remote, pool: own, proxy } = await behindProxy();
    const pid = await backendPid(remote);
    await prepare(observer, 'begin', 'lock table note');
    const controller = new AbortController();
    const insert = { sql: 'insert into note values (1) returning id' };
    const running = executeText(remote, insert, [], { signal: controller.signal });
    const other = await bed.session();
    await untilBlocked(other, pid);
    const cancel = proxy.inject({ when: { name: 'CancelRequest' }, action: 'stall' });
    controller.abort(reason);
    await cancel.fired;
    await prepare(observer, 'commit');
    expect((await running).rows).toEqual([['1']]);
    await until('it is not used again', async () => own.totalCount === 0);
    await proxy.close();
  });

  it('because the pool does not tell how settles at once', async () => {
    const bare = bed.open({ pool: { max: 1 } });
    const pid = await backendPid(bare.db);
    bare.pool.on('acquire', (client) => Object.assign(client, { processID: null }));
    const error = await abortedWhileRunning(bare.db);
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error).toHaveProperty('message', expect.stringContaining('the pool does not tell how'));
    await endOn(pid);
    expect(await backendPid(bare.db)).not.toBe(pid);
  });
});
