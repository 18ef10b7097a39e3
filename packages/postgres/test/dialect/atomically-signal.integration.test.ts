import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type FaultPattern, startFaultProxy } from '@uno/testing';
import { type Kysely, sql } from 'kysely';
import type pg from 'pg';
import { atomically, CommitUnknownError, executeText, type TransactionOutcome } from '../../src/index.js';
import { backendPid } from '../support/backend-pid.js';
import { expectCanceled, reason } from '../support/canceled.js';
import { failureOf, until, untilBlocked } from '../support/conditions.js';
import { createNotes, notes, write } from '../support/notes.js';
import { prepare, TestBed } from '../support/test-bed.js';
import { watch } from '../support/watch.js';

let bed: TestBed;
let db: Kysely<unknown>;
let pool: pg.Pool;
let observer: pg.Client;

beforeAll(async () => {
  bed = await TestBed.create();
  ({ db, pool } = bed.open({ pool: { max: 1 } }));
  observer = await bed.session();
  await prepare(observer, createNotes);
});
beforeEach(() => prepare(observer, 'truncate note'));
afterAll(() => bed.close());

/** With which the server says that it has done something. */
function answer(text: string): FaultPattern {
  return { from: 'server', name: 'CommandComplete', text };
}

describe('atomically with a signal', () => {
  it('does what it does without one', async () => {
    const { signal } = new AbortController();
    expect(await atomically(db, (trx) => write(trx, 'a').then(() => 'done'), { signal })).toBe('done');
    const cause = new Error('of the caller');
    expect(await failureOf(atomically(db, () => Promise.reject(cause), { signal }))).toBe(cause);
    expect(await notes(db)).toEqual(['a']);
  });

  it('that is aborted takes no connection and runs nothing', async () => {
    const fresh = bed.open();
    const run = atomically(fresh.db, (trx) => write(trx, 'a'), { signal: AbortSignal.abort(reason) });
    expectCanceled(await failureOf(run));
    expect(fresh.pool.totalCount).toBe(0);
  });

  it('gives up the wait for a connection at once, and gives it straight back when it comes', async () => {
    const sent: string[] = [];
    pool.once('acquire', (client) => void client.on('drain', () => sent.push('a statement')));
    const controller = new AbortController();
    const seen: string[] = [];
    await db.connection().execute(async (connection) => {
      const run = atomically(db, async () => void seen.push('run'), { signal: controller.signal });
      const waiting = failureOf(run);
      await until('it waits for a connection', async () => pool.waitingCount === 1);
      controller.abort(reason);
      expectCanceled(await waiting);
      await executeText(connection, { sql: 'select 1' });
      sent.length = 0;
    });
    await until('the connection is back', async () => pool.idleCount === 1 && pool.waitingCount === 0);
    expect([seen, sent]).toEqual([[], []]);
  });

  it('does not interrupt the function, and commits nothing', async () => {
    const controller = new AbortController();
    const outcomes: TransactionOutcome[] = [];
    const run = atomically(
      db,
      async (trx) => {
        await watch(trx, outcomes);
        await write(trx, 'a');
        controller.abort(reason);
        await write(trx, 'b');
        expect((await executeText(trx, { sql: 'select text from note' })).rows).toHaveLength(2);
      },
      { signal: controller.signal },
    );
    expectCanceled(await failureOf(run));
    expect(outcomes).toEqual(['rolled-back']);
    expect(await notes(db)).toEqual([]);
  });

  it('in a transaction of the caller takes back its own part only', async () => {
    const controller = new AbortController();
    await db.transaction().execute(async (trx) => {
      await write(trx, 'before');
      const inner = atomically(
        trx,
        async (savepoint) => {
          await write(savepoint, 'lost');
          controller.abort(reason);
        },
        { signal: controller.signal },
      );
      expectCanceled(await failureOf(inner));
      expectCanceled(await failureOf(atomically(trx, () => write(trx, 'never'), { signal: controller.signal })));
      await write(trx, 'after');
    });
    expect(await notes(db)).toEqual(['after', 'before']);
  });

  it('gives up the wait for its turn in a transaction at once', async () => {
    const controller = new AbortController();
    const seen: string[] = [];
    await db.transaction().execute(async (trx) => {
      let release: (() => void) | undefined;
      const held = atomically(trx, () => new Promise<void>((resolve) => (release = resolve)));
      const queued = failureOf(atomically(trx, async () => void seen.push('late'), { signal: controller.signal }));
      await until('the first one holds the turn', async () => release !== undefined);
      controller.abort(reason);
      expectCanceled(await queued);
      release?.();
      await held;
    });
    expect(seen).toEqual([]);
  });

  it('that is aborted while BEGIN is not answered closes the connection', async () => {
    const proxy = await startFaultProxy({ target: bed.connectionString });
    const remote = bed.open({ pool: { max: 1, connectionString: proxy.connectionString } });
    await executeText(remote.db, { sql: 'select 1' });
    const controller = new AbortController();
    const seen: string[] = [];
    const run = atomically(remote.db, async () => void seen.push('run'), { signal: controller.signal, writes: true });
    proxy.inject({ when: answer('START TRANSACTION'), action: 'stall' });
    const failure = failureOf(run);
    await until('it is on its way', async () => {
      const { rows } = await observer.query("select 1 from pg_stat_activity where query like 'start transaction%'");
      return rows.length > 0;
    });
    controller.abort(reason);
    expectCanceled(await failure);
    expect(seen).toEqual([]);
    await until('it is not used again', async () => remote.pool.totalCount === 0);
    await remote.db.destroy();
    await proxy.close();
  });
});

describe('a COMMIT whose signal is aborted', () => {
  const lockAtCommit = 4712;

  beforeAll(() =>
    prepare(
      observer,
      `create function wait_for_lock() returns trigger language plpgsql as $$ begin
         perform pg_advisory_xact_lock(${lockAtCommit}); return null; end $$`,
      `create constraint trigger wait_at_commit after insert on note deferrable initially deferred
         for each row when (new.text = 'slow') execute function wait_for_lock()`,
    ),
  );

  it('is not cancelled where the server answers in time', async () => {
    const holder = await bed.session();
    await prepare(holder, `select pg_advisory_lock(${lockAtCommit})`);
    const controller = new AbortController();
    const outcomes: TransactionOutcome[] = [];
    const pids: number[] = [];
    const run = atomically(
      db,
      async (trx) => {
        await watch(trx, outcomes);
        pids.push(await backendPid(trx));
        await write(trx, 'slow');
      },
      { signal: controller.signal },
    );
    await until('COMMIT is to come', async () => pids.length > 0);
    for (const pid of pids) await untilBlocked(observer, pid);
    controller.abort(reason);
    await prepare(holder, `select pg_advisory_unlock(${lockAtCommit})`);
    await run;
    expect(outcomes).toEqual(['committed']);
    expect(await notes(db)).toEqual(['slow']);
  });

  it('and that is not answered within the grace period is a CommitUnknownError', async () => {
    const proxy = await startFaultProxy({ target: bed.connectionString });
    const remote = bed.open({ pool: { max: 1, connectionString: proxy.connectionString } });
    const controller = new AbortController();
    const outcomes: TransactionOutcome[] = [];
    const run = atomically(
      remote.db,
      async (trx) => {
        await watch(trx, outcomes);
        await write(trx, 'a');
        proxy.inject({ when: answer('COMMIT'), action: 'stall' });
      },
      { signal: controller.signal },
    );
    const failure = failureOf(run);
    await until('it is committed on the server', async () => (await notes(db)).length === 1);
    controller.abort(reason);
    expect(await failure).toBeInstanceOf(CommitUnknownError);
    expect(outcomes).toEqual(['unknown']);
    await remote.db.destroy();
    await proxy.close();
  });
});

describe('a ROLLBACK that is not answered', () => {
  it('closes the connection, and shows the error that led to it', async () => {
    const proxy = await startFaultProxy({ target: bed.connectionString });
    const remote = bed.open({ pool: { max: 1, connectionString: proxy.connectionString } });
    const outcomes: TransactionOutcome[] = [];
    const run = remote.db.transaction().execute(async (trx) => {
      await watch(trx, outcomes);
      await sql`insert into note values ('a')`.execute(trx);
      proxy.inject({ when: answer('ROLLBACK'), action: 'stall' });
      throw reason;
    });
    expect(await failureOf(run)).toBe(reason);
    expect(outcomes).toEqual(['rolled-back']);
    await until('it is not used again', async () => remote.pool.totalCount === 0);
    expect(await notes(db)).toEqual([]);
    await remote.db.destroy();
    await proxy.close();
  });
});
