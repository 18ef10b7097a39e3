import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Kysely, sql, type Transaction } from 'kysely';
import pg from 'pg';
import {
  CanceledError,
  DeadlockError,
  LockTimeoutError,
  SerializationError,
  StatementTimeoutError,
} from '../../src/index.js';
import { failureOf, untilBlocked, untilGone, untilRunning } from '../support/conditions.js';
import { pidOf, prepare, TestBed } from '../support/test-bed.js';

interface Schema {
  account: { id: number; balance: number };
}

let bed: TestBed;
let db: Kysely<Schema>;
let other: pg.Client;
let observer: pg.Client;

beforeAll(async () => {
  bed = await TestBed.create();
  db = bed.open<Schema>().db;
  other = await bed.session();
  observer = await bed.session();
  await prepare(observer, 'create table account (id integer primary key, balance integer not null)');
});
beforeEach(() => prepare(observer, 'truncate account', 'insert into account values (1, 10), (2, 10)'));
afterAll(() => bed.close());

const transient = { retry: 'whole-transaction', cause: expect.any(pg.DatabaseError) };

async function backendPid(trx: Transaction<Schema>): Promise<number> {
  const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(trx);
  return rows[0]?.pid ?? Number.NaN;
}

describe('two transactions in each other’s way', () => {
  it('give a SerializationError to the one that cannot be ordered', async () => {
    const transaction = db
      .transaction()
      .setIsolationLevel('serializable')
      .execute(async (trx) => {
        await trx.selectFrom('account').selectAll().execute();
        await prepare(
          other,
          'begin isolation level serializable',
          'select * from account',
          'update account set balance = 0 where id = 1',
          'commit',
        );
        await trx.updateTable('account').set({ balance: 5 }).where('id', '=', 2).execute();
      });
    const error = await failureOf(transaction);
    expect(error).toBeInstanceOf(SerializationError);
    expect(error).toMatchObject({ sqlstate: '40001', code: 'UNO_SERIALIZATION', ...transient });
  });

  it('give a SerializationError to the one whose row was changed under repeatable read', async () => {
    const transaction = db
      .transaction()
      .setIsolationLevel('repeatable read')
      .execute(async (trx) => {
        await trx.selectFrom('account').selectAll().execute();
        await prepare(other, 'update account set balance = 0 where id = 1');
        await trx.updateTable('account').set({ balance: 5 }).where('id', '=', 1).execute();
      });
    await expect(transaction).rejects.toMatchObject({ sqlstate: '40001', ...transient });
  });

  it('give a DeadlockError to one of the two, and the other goes on', async () => {
    const lock = 'update account set balance = balance + 1 where id = ';
    // The session that finds the deadlock is the one that is ended; the other must not look first.
    await prepare(other, "set deadlock_timeout = '1min'", 'begin', `${lock}1`);
    const otherPid = await pidOf(other);
    const transaction = db.transaction().execute(async (trx) => {
      await sql`set local deadlock_timeout = '10ms'`.execute(trx);
      await sql.raw(`${lock}2`).execute(trx);
      const waiting = other.query(`${lock}2`);
      await untilBlocked(observer, otherPid);
      try {
        await sql.raw(`${lock}1`).execute(trx);
      } finally {
        await sql`rollback`.execute(trx);
        await waiting;
      }
    });
    const error = await failureOf(transaction);
    await prepare(other, 'commit', 'reset deadlock_timeout');
    expect(error).toBeInstanceOf(DeadlockError);
    expect(error).toMatchObject({ sqlstate: '40P01', code: 'UNO_DEADLOCK', ...transient });
    expect(await db.selectFrom('account').select('balance').execute()).toEqual([{ balance: 11 }, { balance: 11 }]);
  });
});

describe('a lock that somebody else holds', () => {
  beforeEach(() => prepare(other, 'begin', 'select * from account where id = 1 for update'));

  it('gives a LockTimeoutError at once with NOWAIT', async () => {
    const query = db.selectFrom('account').selectAll().where('id', '=', 1).forUpdate().noWait();
    const error = await failureOf(query.execute());
    await prepare(other, 'rollback');
    expect(error).toBeInstanceOf(LockTimeoutError);
    expect(error).toMatchObject({ sqlstate: '55P03', code: 'UNO_LOCK_TIMEOUT', ...transient });
  });

  it('gives a LockTimeoutError after lock_timeout', async () => {
    const transaction = db.transaction().execute(async (trx) => {
      await sql`set local lock_timeout = '20ms'`.execute(trx);
      await trx.updateTable('account').set({ balance: 0 }).where('id', '=', 1).execute();
    });
    const error = await failureOf(transaction);
    await prepare(other, 'rollback');
    expect(error).toBeInstanceOf(LockTimeoutError);
    expect(error).toMatchObject({ sqlstate: '55P03', ...transient });
  });
});

describe('a statement that is ended by the server', () => {
  it('because of statement_timeout gives a StatementTimeoutError', async () => {
    const transaction = db.transaction().execute(async (trx) => {
      await sql`set local statement_timeout = '20ms'`.execute(trx);
      await sql`select pg_sleep(60)`.execute(trx);
    });
    const error = await failureOf(transaction);
    expect(error).toBeInstanceOf(StatementTimeoutError);
    expect(error).toMatchObject({ sqlstate: '57014', code: 'UNO_STATEMENT_TIMEOUT', ...transient });
  });

  it('because somebody cancelled it gives a CanceledError, and the connection stays', async () => {
    const pids: number[] = [];
    const transaction = db.transaction().execute(async (trx) => {
      const pid = await backendPid(trx);
      pids.push(pid);
      const running = sql`select pg_sleep(60)`.execute(trx);
      await Promise.all([
        running,
        untilRunning(observer, pid, 'pg_sleep').then(() => prepare(observer, `select pg_cancel_backend(${pid})`)),
      ]);
    });
    const error = await failureOf(transaction);
    expect(error).toBeInstanceOf(CanceledError);
    expect(error).toMatchObject({ sqlstate: '57014', code: 'UNO_CANCELED', ...transient });
    expect(await db.transaction().execute(backendPid)).toBe(pids[0]);
  });

  it('because the transaction was idle for too long is an error of the next statement, and nothing stays', async () => {
    const transaction = db.transaction().execute(async (trx) => {
      const pid = await backendPid(trx);
      await trx.updateTable('account').set({ balance: 99 }).execute();
      await sql`set local idle_in_transaction_session_timeout = '20ms'`.execute(trx);
      await untilGone(observer, pid);
      await trx.selectFrom('account').selectAll().execute();
    });
    const error = await failureOf(transaction);
    // The server's reason, or only the end of the socket: whichever Node has read by then.
    expect(error).toHaveProperty('code', expect.stringMatching(/^UNO_(STATEMENT_TIMEOUT|CONNECTION)$/));
    expect(await db.selectFrom('account').select('balance').distinct().execute()).toEqual([{ balance: 10 }]);
  });
});
