import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type FaultAction, startFaultProxy } from '@uno/testing';
import { type Kysely, sql } from 'kysely';
import type pg from 'pg';
import { atomically, CommitUnknownError, type Queryable, scopeOf, type TransactionOutcome } from '../../src/index.js';
import { failureOf, until } from '../support/conditions.js';
import { prepare, TestBed } from '../support/test-bed.js';
import { watch } from '../support/watch.js';

let bed: TestBed;
let db: Kysely<unknown>;
let pool: pg.Pool;

beforeAll(async () => {
  bed = await TestBed.create();
  ({ db, pool } = bed.open({ pool: { max: 2 } }));
  await prepare(
    pool,
    'create table note (id integer primary key, parent integer references note deferrable initially deferred)',
  );
});
beforeEach(() => prepare(pool, 'truncate note'));
afterAll(() => bed.close());

describe('the scope of a transaction that plain Kysely opened', () => {
  it('ends once as committed, when the writes are visible to others', async () => {
    const outcomes: TransactionOutcome[] = [];
    const visible: Promise<unknown>[] = [];
    await db.transaction().execute(async (trx) => {
      await sql`insert into note values (1)`.execute(trx);
      const scope = await watch(trx, outcomes);
      scope?.onEnd(() => visible.push(pool.query('select id from note').then(({ rows }) => rows)));
      expect(outcomes).toEqual([]);
    });
    expect(outcomes).toEqual(['committed']);
    expect(await Promise.all(visible)).toEqual([[{ id: 1 }]]);
  });

  it('ends once as rolled back when the function throws', async () => {
    const outcomes: TransactionOutcome[] = [];
    const run = db.transaction().execute(async (trx) => {
      await watch(trx, outcomes);
      throw new Error('of the caller');
    });
    await expect(run).rejects.toThrow('of the caller');
    expect(outcomes).toEqual(['rolled-back']);
  });

  it('ends as rolled back when a deferred constraint fails at COMMIT', async () => {
    const outcomes: TransactionOutcome[] = [];
    const run = db.transaction().execute(async (trx) => {
      await watch(trx, outcomes);
      await sql`insert into note values (1, 99)`.execute(trx);
    });
    expect(await failureOf(run)).toHaveProperty('sqlstate', '23503');
    expect(outcomes).toEqual(['rolled-back']);
  });

  it('ends as rolled back when a failed statement was swallowed', async () => {
    const outcomes: TransactionOutcome[] = [];
    const run = db.transaction().execute(async (trx) => {
      await watch(trx, outcomes);
      await failureOf(sql`select 1 / 0`.execute(trx));
    });
    expect(await failureOf(run)).toHaveProperty('code', 'UNO_TRANSACTION_ABORTED');
    expect(outcomes).toEqual(['rolled-back']);
  });

  it.each(['committed', 'rolled-back'] as const)('under control ends as %s', async (outcome) => {
    const outcomes: TransactionOutcome[] = [];
    const trx = await db.startTransaction().execute();
    await watch(trx, outcomes);
    await (outcome === 'committed' ? trx.commit() : trx.rollback()).execute();
    expect(outcomes).toEqual([outcome]);
  });

  it('is the same one all along, behind savepoints too, and another one the next time', async () => {
    const [first, inner] = await db
      .transaction()
      .execute(async (trx) => [await scopeOf(trx), await atomically(trx, scopeOf)]);
    const second = await db.transaction().execute(scopeOf);
    expect(first).toBeDefined();
    expect(inner).toBe(first);
    expect(second).not.toBe(first);
  });

  it('does not end with a savepoint', async () => {
    const outcomes: TransactionOutcome[] = [];
    await db.transaction().execute(async (trx) => {
      await failureOf(
        atomically(trx, async (inner) => {
          await watch(inner, outcomes);
          throw new Error('of the caller');
        }),
      );
      expect(outcomes).toEqual([]);
    });
    expect(outcomes).toEqual(['committed']);
  });
});

describe('scopeOf', () => {
  it('is undefined outside of a transaction', async () => {
    expect(await scopeOf(db)).toBeUndefined();
    expect(await db.connection().execute(scopeOf)).toBeUndefined();
  });

  it('refuses a transaction that has ended', async () => {
    const ended: Queryable[] = [];
    await db.transaction().execute(async (trx) => void ended.push(trx));
    const errors = await Promise.all(ended.map((trx) => failureOf(scopeOf(trx))));
    expect(errors).toEqual([
      expect.objectContaining({ code: 'UNO_CONFIG', message: expect.stringContaining('has ended') }),
    ]);
  });
});

describe('a connection that is cut during COMMIT', () => {
  async function cutAt(action: FaultAction, outcomes: TransactionOutcome[]): Promise<unknown> {
    const proxy = await startFaultProxy({ target: bed.connectionString });
    const remote = bed.open({
      pool: { max: 1, connectionString: proxy.connectionString },
    });
    const error = await failureOf(
      remote.db.transaction().execute(async (trx) => {
        await watch(trx, outcomes);
        await sql`insert into note values (7)`.execute(trx);
        proxy.inject({ when: { from: 'client', text: 'commit' }, action });
      }),
    );
    expect(await sql`select 1 as x`.execute(remote.db)).toEqual({ rows: [{ x: 1 }] });
    await remote.db.destroy();
    await proxy.close();
    return error;
  }

  it.each([
    ['before the server got it: the transaction is not in the database', 'cut', []],
    ['after the server did it: the transaction is in the database', 'answer-lost', [{ id: 7 }]],
  ] as const)('is a CommitUnknownError and the outcome unknown, %s', async (_what, action, rows) => {
    const outcomes: TransactionOutcome[] = [];
    const error = await cutAt(action, outcomes);
    expect(error).toBeInstanceOf(CommitUnknownError);
    expect(error).toMatchObject({
      code: 'UNO_COMMIT_UNKNOWN',
      retry: 'if-idempotent',
      message: expect.stringContaining('Look before repeating it.'),
      cause: expect.objectContaining({ code: 'UNO_CONNECTION' }),
    });
    expect(outcomes).toEqual(['unknown']);
    expect((await pool.query('select id from note')).rows).toEqual(rows);
  });

  it('leaves no session of it on the server', async () => {
    await cutAt('cut', []);
    await until('the transaction is gone from the server', async () => {
      const { rows } = await pool.query(
        `select 1 from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'`,
      );
      return rows.length === 0;
    });
    expect((await pool.query('select * from note')).rows).toEqual([]);
  });

  it('by a client that stops waiting for it is unknown as well', async () => {
    const holder = await bed.session();
    await prepare(
      holder,
      'select pg_advisory_lock(4711)',
      `create function wait_for_lock() returns trigger language plpgsql as $$ begin
         perform pg_advisory_xact_lock(4711); return null; end $$`,
      `create constraint trigger wait_at_commit after insert on note deferrable initially deferred
         for each row when (new.id = 8) execute function wait_for_lock()`,
    );
    const impatient = bed.open({ pool: { max: 1, query_timeout: 150 } });
    const outcomes: TransactionOutcome[] = [];
    const run = impatient.db.transaction().execute(async (trx) => {
      await watch(trx, outcomes);
      await sql`insert into note values (8)`.execute(trx);
    });
    expect(await failureOf(run)).toBeInstanceOf(CommitUnknownError);
    expect(outcomes).toEqual(['unknown']);
    await prepare(holder, 'select pg_advisory_unlock(4711)');
  });
});
