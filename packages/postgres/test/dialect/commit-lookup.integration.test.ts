import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type FaultAction, type FaultProxy, startFaultProxy } from '@uno/testing';
import type { Kysely } from 'kysely';
import type pg from 'pg';
import { UnoPostgresDriver } from '../../src/dialect/uno-postgres-driver.js';
import {
  atomically,
  CommitUnknownError,
  ConnectionError,
  executeText,
  type Queryable,
  scopeOf,
  type TransactionOutcome,
} from '../../src/index.js';
import { backendPid } from '../support/backend-pid.js';
import { failureOf, until, untilGone } from '../support/conditions.js';
import { Door } from '../support/door.js';
import { prepare, TestBed } from '../support/test-bed.js';
import { throughPort } from '../support/through-port.js';
import { watch } from '../support/watch.js';

const lockAtCommit = 4713;

let bed: TestBed;
let db: Kysely<unknown>;
let pool: pg.Pool;
let proxy: FaultProxy;
let observer: pg.Client;
let holder: pg.Client;
let outcomes: TransactionOutcome[];

beforeAll(async () => {
  bed = await TestBed.create();
  observer = await bed.session();
  holder = await bed.session();
  await prepare(
    observer,
    'create table note (id integer primary key)',
    `create function wait_for_lock() returns trigger language plpgsql as $$ begin
       perform pg_advisory_xact_lock(${lockAtCommit}); return null; end $$`,
    `create constraint trigger wait_at_commit after insert on note deferrable initially deferred
       for each row when (new.id = 8) execute function wait_for_lock()`,
  );
});
beforeEach(async () => {
  outcomes = [];
  await prepare(observer, 'truncate note');
  proxy = await startFaultProxy({ target: bed.connectionString });
  // One connection: looking must not wait for the one that was lost.
  ({ db, pool } = bed.open({ pool: { max: 1, connectionString: proxy.connectionString } }));
});
afterAll(() => bed.close());

/** Inserts a row in a transaction that is cut at COMMIT. */
function cutAtCommit(action: FaultAction, id: number, atCut: () => void = () => {}, writes = true): Promise<number> {
  const run = async (trx: Queryable): Promise<number> => {
    await watch(trx, outcomes);
    await executeText(trx, { sql: 'insert into note values ($1)' }, [String(id)]);
    proxy.inject({ when: { from: 'client', text: 'commit' }, action });
    atCut();
    return id;
  };
  return atomically(db, run, { writes });
}

async function ids(): Promise<unknown[]> {
  return (await observer.query('select id from note')).rows.map(({ id }) => id);
}

async function close(): Promise<void> {
  await db.destroy();
  await proxy.close();
}

async function transactionIdIn(on: Queryable): Promise<string | undefined> {
  return (await scopeOf(on))?.transactionId;
}

describe('a COMMIT on a connection that is lost, of a transaction that writes', () => {
  it('has succeeded where the server did it', async () => {
    expect(await cutAtCommit('answer-lost', 1)).toBe(1);
    expect(outcomes).toEqual(['committed']);
    expect(await ids()).toEqual([1]);
    expect(await executeText(db, { sql: 'select 1' })).toMatchObject({ rows: [['1']] });
    await close();
  });

  it('is a ConnectionError that allows to do it again where the server never got it', async () => {
    const error = await failureOf(cutAtCommit('cut', 2));
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error).toMatchObject({
      retry: 'whole-transaction',
      message: expect.stringContaining('nothing of it is in the database'),
      cause: expect.any(ConnectionError),
    });
    expect(outcomes).toEqual(['rolled-back']);
    expect(await ids()).toEqual([]);
    expect(pool.totalCount).toBe(1);
    await close();
  });

  it('is waited for while the server is still at it', async () => {
    await prepare(holder, `select pg_advisory_lock(${lockAtCommit})`);
    const run = cutAtCommit('cut-after', 8);
    await until('it is asked what became of it', async () => {
      const { rows } = await observer.query(
        "select 1 from pg_stat_activity where pid <> pg_backend_pid() and query like '%pg_xact_status%'",
      );
      return rows.length > 0;
    });
    expect(outcomes).toEqual([]);
    await prepare(holder, `select pg_advisory_unlock(${lockAtCommit})`);
    expect(await run).toBe(8);
    expect(outcomes).toEqual(['committed']);
    expect(await ids()).toEqual([8]);
    await close();
  });

  it('is unknown where the server does not come to an end of it', async () => {
    await prepare(holder, `select pg_advisory_lock(${lockAtCommit})`);
    const error = await failureOf(cutAtCommit('cut-after', 8));
    expect(error).toBeInstanceOf(CommitUnknownError);
    expect(error).toMatchObject({
      retry: 'if-idempotent',
      message: expect.stringMatching(/within 5000 ms\. Look before repeating it\.$/),
    });
    expect(outcomes).toEqual(['unknown']);
    await prepare(holder, `select pg_advisory_unlock(${lockAtCommit})`);
    await until('it is committed after all', async () => (await ids()).length === 1);
    await close();
  });

  it('is unknown in bounded time where the server is away, and the connection that comes late is given back', async () => {
    // Connected already: what comes from now on is to find the server away.
    await executeText(db, { sql: 'select 1' });
    const away = proxy.inject({ when: { name: 'StartupMessage' }, action: 'stall', times: Number.POSITIVE_INFINITY });
    const started = performance.now();
    const error = await failureOf(cutAtCommit('answer-lost', 3));
    expect(error).toBeInstanceOf(CommitUnknownError);
    expect(performance.now() - started).toBeLessThan(12_000);
    expect(outcomes).toEqual(['unknown']);
    away.remove();
    proxy.resume();
    await until('it is given back', async () => pool.idleCount === 1);
    await close();
  });

  it('is unknown where the server does not answer the question', async () => {
    proxy.inject({ when: { from: 'client', text: 'pg_xact_status' }, action: 'stall' });
    const error = await failureOf(cutAtCommit('answer-lost', 4));
    expect(error).toBeInstanceOf(CommitUnknownError);
    expect(outcomes).toEqual(['unknown']);
    await until('that connection is closed', async () => pool.totalCount === 0);
    await close();
  });

  it('finds a server again that refuses connections for a while', async () => {
    const door = await Door.before(proxy.connectionString);
    ({ db, pool } = bed.open({ pool: { max: 1, connectionString: throughPort(bed.connectionString, door.port) } }));
    const run = cutAtCommit('answer-lost', 5, () => door.shut());
    let failures = 0;
    const connect = pool.connect.bind(pool);
    Object.assign(pool, {
      connect: () =>
        connect().catch((error: unknown) => {
          failures++;
          throw error;
        }),
    });
    await until('it was refused', async () => failures > 1);
    await door.open();
    expect(await run).toBe(5);
    expect(outcomes).toEqual(['committed']);
    await close();
    await door.close();
  });

  it('of which the id was not asked for is unknown, as ever', async () => {
    expect(await failureOf(cutAtCommit('answer-lost', 6, undefined, false))).toBeInstanceOf(CommitUnknownError);
    expect(outcomes).toEqual(['unknown']);
    await close();
  });

  it('is a CommitUnknownError where another cluster answers that has never had such a transaction', async () => {
    const run = atomically(
      db,
      async (trx) => {
        const scope = await watch(trx, outcomes);
        Object.assign(scope ?? {}, { transactionId: '4000000000000' });
        proxy.inject({ when: { from: 'client', text: 'commit' }, action: 'answer-lost' });
      },
      { writes: true },
    );
    const error = await failureOf(run);
    expect(error).toBeInstanceOf(CommitUnknownError);
    expect(error).toHaveProperty('message', expect.stringContaining('PostgreSQL was asked, and '));
    expect(outcomes).toEqual(['unknown']);
    await close();
  });
});

describe('the id of a transaction', () => {
  it('is known where it writes, without a statement of its own', async () => {
    const asked = await atomically(
      db,
      async (trx) => [
        await transactionIdIn(trx),
        (await executeText(trx, { sql: 'select pg_current_xact_id()::text' })).rows[0]?.[0],
      ],
      { writes: true },
    );
    expect(asked[0]).toMatch(/^\d+$/);
    expect(asked[0]).toBe(asked[1]);
    await close();
  });

  it('is not asked for otherwise', async () => {
    const id = async (trx: Queryable) => [
      await transactionIdIn(trx),
      (await executeText(trx, { sql: 'select pg_current_xact_id_if_assigned()::text' })).rows[0]?.[0],
    ];
    expect(await atomically(db, id)).toEqual([undefined, null]);
    expect(await atomically(db, id, { signal: new AbortController().signal })).toEqual([undefined, null]);
    await close();
  });

  it('is not asked for where the transaction may not write, as on a standby', async () => {
    const readOnly = bed.open({ pool: { options: '-c default_transaction_read_only=on' } });
    expect(await atomically(readOnly.db, transactionIdIn, { writes: true })).toBeUndefined();
    await close();
  });

  it('goes with an isolation level and an access mode', async () => {
    const driver = new UnoPostgresDriver(pool);
    const connection = await driver.acquireConnection();
    connection.wishes = { writes: true };
    await driver.beginTransaction(connection, { isolationLevel: 'repeatable read', accessMode: 'read write' });
    expect(await connection.textOf("select current_setting('transaction_isolation')")).toBe('repeatable read');
    expect(connection.scope?.transactionId).toMatch(/^\d+$/);
    await driver.rollbackTransaction(connection);
    connection.wishes = { writes: true };
    await driver.beginTransaction(connection, { accessMode: 'read only' });
    expect(connection.scope?.transactionId).toBeUndefined();
    await driver.rollbackTransaction(connection);
    await driver.releaseConnection(connection);
    await close();
  });

  it('does not leave a transaction open where it cannot be had', async () => {
    const controller = new AbortController();
    const pid = await backendPid(db);
    proxy.inject({ when: { from: 'client', text: 'pg_current_xact_id' }, action: 'answer-lost' });
    expect(await failureOf(atomically(db, async () => 1, { writes: true, signal: controller.signal }))).toBeInstanceOf(
      ConnectionError,
    );
    await untilGone(observer, pid);
    await close();
  });
});
