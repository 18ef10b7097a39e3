import { EventEmitter } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Kysely, sql } from 'kysely';
import pg from 'pg';
import { ConnectionError, executeText, type Queryable, scopeOf } from '../../src/index.js';
import { backendPid } from '../support/backend-pid.js';
import { failureOf, until, untilGone, untilRunning } from '../support/conditions.js';
import { prepare, TestBed } from '../support/test-bed.js';

let bed: TestBed;
let db: Kysely<unknown>;
let pool: pg.Pool;
let admin: pg.Client;

beforeAll(async () => {
  bed = await TestBed.create();
  ({ db, pool } = bed.open({ pool: { max: 1 } }));
  admin = await bed.session();
  await prepare(admin, 'create table city (id integer primary key)');
});
afterAll(() => bed.close());

async function terminate(pid: number): Promise<void> {
  await admin.query('select pg_terminate_backend($1)', [pid]);
  await untilGone(admin, pid);
}

/** Until this process has noticed too: the server's end of the session and ours are told apart by a moment. */
function untilNoticed(on: Queryable): Promise<void> {
  return until('the loss is noticed', async () => {
    const error = await failureOf(executeText(on, { sql: 'select 1' })).catch(() => undefined);
    return error instanceof ConnectionError;
  });
}

describe('a connection that is terminated in the packet that answers its login', () => {
  it('gives a ConnectionError, and the next query works', async () => {
    const opened = bed.open({ pool: { max: 1 } });
    // As pg reads the two messages: the pool has called back, and the promise of the connection is not yet settled.
    opened.pool.once('acquire', (client) => {
      const wire: unknown = Reflect.get(client, 'connection');
      const end = Object.assign(new pg.DatabaseError('terminating connection', 0, 'error'), { code: '57P01' });
      if (wire instanceof EventEmitter) queueMicrotask(() => wire.emit('errorMessage', end));
    });
    const error = await failureOf(sql`select 1`.execute(opened.db));
    expect(error).toBeInstanceOf(ConnectionError);
    expect(await backendPid(opened.db)).toBeGreaterThan(0);
  });
});

describe('a connection that is terminated while a statement runs on it', () => {
  it('gives a ConnectionError, is not given back to the pool, and the next query works', async () => {
    const pids: number[] = [];
    const lost = db.connection().execute(async (connection) => {
      const pid = await backendPid(connection);
      pids.push(pid);
      const running = sql`select pg_sleep(60)`.execute(connection);
      await Promise.all([running, untilRunning(admin, pid, 'pg_sleep').then(() => terminate(pid))]);
    });
    const error = await failureOf(lost);
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error).toMatchObject({ sqlstate: '57P01', retry: 'whole-transaction', cause: expect.any(pg.DatabaseError) });
    expect(await backendPid(db)).not.toBe(pids[0]);
    expect(pool.totalCount).toBe(1);
  });

  it('ends its transaction as rolled back', async () => {
    const outcomes: string[] = [];
    const lost = db.transaction().execute(async (trx) => {
      (await scopeOf(trx))?.onEnd((outcome) => outcomes.push(outcome));
      await sql`insert into city values (1)`.execute(trx);
      const pid = await backendPid(trx);
      const running = sql`select pg_sleep(60)`.execute(trx);
      await Promise.all([running, untilRunning(admin, pid, 'pg_sleep').then(() => terminate(pid))]);
    });
    expect(await failureOf(lost)).toBeInstanceOf(ConnectionError);
    expect(outcomes).toEqual(['rolled-back']);
    expect((await sql`select * from city`.execute(db)).rows).toEqual([]);
  });
});

describe('a connection that is terminated between two statements', () => {
  it('does not end the process; the next statement is a ConnectionError', async () => {
    const lost = db.connection().execute(async (connection) => {
      await terminate(await backendPid(connection));
      await executeText(connection, { sql: 'select 1' });
    });
    expect(await failureOf(lost)).toBeInstanceOf(ConnectionError);
    expect(await backendPid(db)).toBeGreaterThan(0);
  });

  it('says why it was lost to every statement that comes after', async () => {
    await db.connection().execute(async (connection) => {
      await terminate(await backendPid(connection));
      await untilNoticed(connection);
      const error = await failureOf(executeText(connection, { sql: 'select 1' }));
      expect(error).toBeInstanceOf(ConnectionError);
      expect(error).toHaveProperty('message', expect.not.stringContaining('not queryable'));
    });
    expect(pool.idleCount).toBe(0);
  });

  it('is known not to have committed when the loss is noticed before COMMIT', async () => {
    const outcomes: string[] = [];
    const lost = db.transaction().execute(async (trx) => {
      (await scopeOf(trx))?.onEnd((outcome) => outcomes.push(outcome));
      await sql`insert into city values (2)`.execute(trx);
      await terminate(await backendPid(trx));
      await untilNoticed(trx);
    });
    const error = await failureOf(lost);
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error).toMatchObject({ retry: 'whole-transaction', cause: expect.any(ConnectionError) });
    expect(outcomes).toEqual(['rolled-back']);
    expect((await sql`select * from city`.execute(db)).rows).toEqual([]);
  });

  it('while it is idle in the pool is replaced', async () => {
    const pid = await backendPid(db);
    await terminate(pid);
    await until('the pool has dropped it', async () => pool.totalCount === 0);
    expect(await backendPid(db)).not.toBe(pid);
  });
});

describe('a statement that the client stops waiting for', () => {
  it('is not left to the next user of the connection', async () => {
    const impatient = bed.open({ pool: { max: 1, query_timeout: 100 } });
    const pid = await backendPid(impatient.db);
    const error = await failureOf(sql`select pg_sleep(60)`.execute(impatient.db));
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error).toHaveProperty('retry', 'if-idempotent');
    expect(await backendPid(impatient.db)).not.toBe(pid);
    await prepare(admin, `select pg_terminate_backend(${pid})`);
  });
});

describe('after errors of every kind', () => {
  it('no transaction stays open on the server', async () => {
    const several = bed.open({ pool: { max: 3 } }).db;
    const failures: ((trx: Queryable) => Promise<unknown>)[] = [
      (trx) => executeText(trx, { sql: 'select 1 / 0' }),
      (trx) => executeText(trx, { sql: 'select * from nowhere' }),
      () => Promise.reject(new Error('of the caller')),
      async (trx) => failureOf(executeText(trx, { sql: 'select 1 / 0' })),
      async (trx) => terminate(await backendPid(trx)).then(() => executeText(trx, { sql: 'select 1' })),
    ];
    const all = failures.map((failure) => failureOf(several.transaction().execute(failure)));
    expect(await Promise.all(all)).toHaveLength(failures.length);
    await until('no session is in a transaction', async () => {
      const { rows } = await admin.query(
        `select state from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'`,
      );
      return rows.length === 0;
    });
  });
});
