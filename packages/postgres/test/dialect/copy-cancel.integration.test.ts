import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type FaultProxy, startFaultProxy } from '@uno/testing';
import { Kysely } from 'kysely';
import type pg from 'pg';
import {
  atomically,
  CanceledError,
  ConnectionError,
  type CopySource,
  copyIn,
  executeText,
  type Queryable,
  UnoPostgresDialect,
} from '../../src/index.js';
import { backendPid } from '../support/backend-pid.js';
import { expectCanceled, reason } from '../support/canceled.js';
import {
  cityIds,
  createCities,
  endlessLines,
  HangingSource,
  intoCities,
  kinds,
  line,
  lines,
} from '../support/cities.js';
import { failureOf, until, untilBlocked, untilGone, untilSteady, untilWaiting } from '../support/conditions.js';
import { hiddenPool } from '../support/hidden-pool.js';
import { slowly } from '../support/slowly.js';
import { type Opened, prepare, TestBed } from '../support/test-bed.js';

let bed: TestBed;
let db: Kysely<unknown>;
let pool: pg.Pool;
let observer: pg.Client;

beforeAll(async () => {
  bed = await TestBed.create();
  ({ db, pool } = bed.open({ pool: { max: 1 } }));
  observer = await bed.session();
  await prepare(
    observer,
    createCities,
    'create table slow_city (like city)',
    `create function sleep() returns trigger language plpgsql as $$ begin perform pg_sleep(60); return new; end $$`,
    'create trigger sleep before insert on slow_city for each row execute function sleep()',
  );
});
beforeEach(() => prepare(observer, 'truncate city, slow_city'));
afterAll(() => bed.close());

const intoSlow = { ...intoCities, table: ['slow_city'] };

/** A copy that was begun, and its end. */
interface Running {
  readonly controller: AbortController;
  readonly failure: Promise<unknown>;
}

function begun(on: Queryable, data: CopySource, into = intoCities): Running {
  const controller = new AbortController();
  return { controller, failure: failureOf(copyIn(on, into, data, { signal: controller.signal })) };
}

/** Aborts a copy whose source hangs, when the server waits for more, and gives its error. */
async function abortedAmidData(on: Queryable, source: HangingSource): Promise<unknown> {
  const pid = await backendPid(on);
  const { controller, failure } = begun(on, source);
  await source.hanging;
  await untilWaiting(observer, pid, 'ClientRead', 'copy');
  controller.abort(reason);
  return failure;
}

describe('a signal that is aborted before the copy is sent', () => {
  it('leaves the source untouched, and takes no connection', async () => {
    const fresh = bed.open({ pool: { max: 1 } });
    let isTouched = false;
    const source = {
      [Symbol.iterator]: () => {
        isTouched = true;
        return lines(1);
      },
    };
    expectCanceled(await failureOf(copyIn(fresh.db, intoCities, source, { signal: AbortSignal.abort(reason) })));
    expect([isTouched, fresh.pool.totalCount]).toEqual([false, 0]);
  });

  it('ends the wait for a connection at once', async () => {
    await db.connection().execute(async () => {
      const { controller, failure } = begun(db, line(1));
      await until('it waits for a connection', async () => pool.waitingCount === 1);
      controller.abort(reason);
      expectCanceled(await failure);
    });
    await until('the connection is back', async () => pool.idleCount === 1 && pool.waitingCount === 0);
    expect(await cityIds(db)).toEqual([]);
  });

  it('ends the wait for its turn in a transaction, which goes on', async () => {
    await db.transaction().execute(async (trx) => {
      const first = copyIn(trx, intoCities, line(1));
      const { controller, failure } = begun(trx, line(2));
      controller.abort(reason);
      expectCanceled(await failure);
      await first;
      await copyIn(trx, intoCities, line(3));
    });
    expect(await cityIds(db)).toEqual([1, 3]);
  });
});

describe('a signal that is aborted amid the data', () => {
  it('ends a source that hangs, and the connection stays', async () => {
    const pid = await backendPid(db);
    const source = new HangingSource(lines(3));
    const error = await abortedAmidData(db, source);
    expectCanceled(error);
    expect(error).toHaveProperty('sqlstate', '57014');
    expect(source.isLeft).toBe(true);
    expect(await cityIds(db)).toEqual([]);
    expect(await backendPid(db)).toBe(pid);
  });

  it('ends a source that never ends', async () => {
    const pid = await backendPid(db);
    const controller = new AbortController();
    let taken = 0;
    function* source(): Generator<string> {
      for (const text of endlessLines()) {
        if (++taken === 5_000) controller.abort(reason);
        yield text;
      }
    }
    expectCanceled(await failureOf(copyIn(db, intoCities, source(), { signal: controller.signal })));
    expect(taken).toBe(5_000);
    expect(await cityIds(db)).toEqual([]);
    expect(await backendPid(db)).toBe(pid);
  });

  it.each(kinds)('counts when it is aborted at the very end of %s', async (_what, of) => {
    const pid = await backendPid(db);
    const controller = new AbortController();
    function* source(): Generator<string> {
      yield* lines(3);
      controller.abort(reason);
    }
    expectCanceled(await failureOf(copyIn(db, intoCities, of(source()), { signal: controller.signal })));
    expect(await cityIds(db)).toEqual([]);
    expect(await backendPid(db)).toBe(pid);
  });

  it('is a cancel where the source fails because of it', async () => {
    const pid = await backendPid(db);
    const controller = new AbortController();
    async function* source(): AsyncGenerator<string> {
      yield* lines(3);
      await new Promise((_resolve, reject) => {
        controller.signal.addEventListener('abort', () => reject(controller.signal.reason));
        setImmediate(() => controller.abort(reason));
      });
    }
    expectCanceled(await failureOf(copyIn(db, intoCities, source(), { signal: controller.signal })));
    expect(await backendPid(db)).toBe(pid);
  });

  it('ends one large text that the server does not get through', async () => {
    const pid = await backendPid(db);
    const { controller, failure } = begun(db, line(1) + line(2, 'x'.repeat(50_000_000)));
    await prepare(observer, 'begin', 'insert into city values (1, $$x$$)');
    const other = await bed.session();
    await untilBlocked(other, pid);
    controller.abort(reason);
    expectCanceled(await failure);
    await prepare(observer, 'rollback');
    expect(await backendPid(db)).toBe(pid);
  });

  it('leaves its transaction to go on behind a savepoint', async () => {
    await db.transaction().execute(async (trx) => {
      await copyIn(trx, intoCities, line(1));
      const cancelled = atomically(trx, async (inner) => {
        throw await abortedAmidData(inner, new HangingSource([line(2)]));
      });
      expectCanceled(await failureOf(cancelled));
      await copyIn(trx, intoCities, line(3));
    });
    expect(await cityIds(db)).toEqual([1, 3]);
  });
});

describe('a signal that is aborted while the server', () => {
  it('works on a row has it stop, and the connection stays', async () => {
    const pid = await backendPid(db);
    const { controller, failure } = begun(db, lines(3), intoSlow);
    await untilWaiting(observer, pid, 'PgSleep', 'copy');
    controller.abort(reason);
    expectCanceled(await failure);
    expect(await backendPid(db)).toBe(pid);
  });

  it('works on a row, amid data that is not at its end, has it stop, and the connection stays', async () => {
    const pid = await backendPid(db);
    const source = new HangingSource(lines(3));
    const { controller, failure } = begun(db, source, intoSlow);
    await untilWaiting(observer, pid, 'PgSleep', 'copy');
    controller.abort(reason);
    expectCanceled(await failure);
    expect(source.isLeft).toBe(true);
    expect(await backendPid(db)).toBe(pid);
  });

  it('waits for a lock of the table, before it asks for data, has it stop, and the connection stays', async () => {
    const pid = await backendPid(db);
    await prepare(observer, 'begin', 'lock table city');
    let isTaken = false;
    function* source(): Generator<string> {
      isTaken = true;
      yield line(1);
    }
    const { controller, failure } = begun(db, source());
    const other = await bed.session();
    await untilBlocked(other, pid);
    controller.abort(reason);
    expectCanceled(await failure);
    await prepare(observer, 'commit');
    expect(isTaken).toBe(false);
    expect(await cityIds(db)).toEqual([]);
    expect(await backendPid(db)).toBe(pid);
  });
});

describe('a signal that is aborted at any moment', () => {
  it('leaves all of the rows or none, and does not touch what comes after', async () => {
    const pid = await backendPid(db);
    const outcomes = new Set<string>();
    for (let i = 0; i < 300; i++) {
      const controller = new AbortController();
      const data: CopySource = [lines(40), [...lines(40)].join(''), slowly(lines(40))][i % 3] ?? '';
      const racing = copyIn(db, intoCities, data, { signal: controller.signal });
      if (i % 2 === 0) setTimeout(() => controller.abort(reason), i % 5);
      else setImmediate(() => controller.abort(reason));
      const stored = await racing.then(
        ({ affected }) => affected,
        (error: unknown) => (error instanceof CanceledError ? 0 : error),
      );
      // A late cancel would hit this one, which has no signal.
      await executeText(db, { sql: 'select pg_sleep(0.001)' });
      const { affected } = await executeText(db, { sql: 'delete from city' });
      outcomes.add(`${String(stored)} stored, ${affected} found`);
    }
    expect([...outcomes].sort()).toEqual(expect.arrayContaining(['0 stored, 0 found']));
    expect([...outcomes].filter((outcome) => !/^(0|40) stored, \1 found$/.test(outcome))).toEqual([]);
    expect(await backendPid(db)).toBe(pid);
  });
});

describe('a cancel of somebody else', () => {
  it('stays what it was', async () => {
    const pid = await backendPid(db);
    const { failure } = begun(db, lines(3), intoSlow);
    await untilWaiting(observer, pid, 'PgSleep', 'copy');
    await prepare(observer, `select pg_cancel_backend(${pid})`);
    const error = await failure;
    expect(error).toBeInstanceOf(CanceledError);
    expect(error).toHaveProperty('message', expect.stringContaining('user request'));
  });
});

describe('a copy that the server does not answer within the grace period', () => {
  async function behindProxy(): Promise<Opened<unknown> & { proxy: FaultProxy }> {
    const proxy = await startFaultProxy({ target: bed.connectionString });
    return { ...bed.open({ pool: { connectionString: proxy.connectionString, max: 1 } }), proxy };
  }

  /** Stalls at a message, aborts, and gives the error and what became of the connection. */
  async function stalled(
    when: Parameters<FaultProxy['inject']>[0]['when'],
    data: CopySource,
    run: (remote: Kysely<unknown>, use: (on: Queryable) => Promise<never>) => Promise<unknown>,
  ): Promise<unknown> {
    const { db: remote, pool: own, proxy } = await behindProxy();
    const pid = await backendPid(remote);
    const fault = proxy.inject({ when, action: 'stall' });
    const error = await failureOf(
      run(remote, async (on) => {
        const { controller, failure } = begun(on, data);
        await fault.fired;
        controller.abort(reason);
        throw await failure;
      }),
    );
    await until('its connection is not used again', async () => own.totalCount === 0);
    await remote.destroy();
    await proxy.close();
    await untilGone(observer, pid);
    return error;
  }

  it('having asked for data is a CanceledError, since nothing can have been stored', async () => {
    const error = await stalled({ name: 'CopyInResponse' }, lines(3), (remote, use) => use(remote));
    expectCanceled(error);
    expect(await cityIds(db)).toEqual([]);
  });

  it('amid the data is a CanceledError, since nothing can have been stored', async () => {
    const when = { name: 'CopyData', nth: 2 } as const;
    expectCanceled(await stalled(when, endlessLines(), (remote, use) => use(remote)));
    expect(await cityIds(db)).toEqual([]);
  });

  it('having got all of it is a ConnectionError, since it may have been stored', async () => {
    const when = { from: 'server', name: 'CommandComplete' } as const;
    const error = await stalled(when, lines(3), (remote, use) => use(remote));
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error).toMatchObject({ retry: 'if-idempotent', cause: reason });
    expect(await cityIds(db)).toEqual([1, 2, 3]);
  });

  it('having got all of it in a transaction is a CanceledError', async () => {
    const when = { from: 'server', name: 'CommandComplete', text: 'COPY' } as const;
    const error = await stalled(when, lines(3), (remote, use) => remote.transaction().execute(use));
    expectCanceled(error);
    expect(await cityIds(db)).toEqual([]);
  });

  it('stops its source, even if the pool does not show its sockets', async () => {
    const proxy = await startFaultProxy({ target: bed.connectionString });
    const hidden = new Kysely<unknown>({
      dialect: new UnoPostgresDialect({ pool: hiddenPool(proxy.connectionString) }),
    });
    const stall = proxy.inject({ when: { name: 'CopyData', nth: 2 }, action: 'stall' });
    let taken = 0;
    let isLeft = false;
    function* source(): Generator<string> {
      try {
        for (const text of endlessLines()) {
          taken++;
          yield text;
        }
      } finally {
        isLeft = true;
      }
    }
    const { controller, failure } = begun(hidden, source());
    await stall.fired;
    await untilSteady('what is taken', () => taken);
    controller.abort(reason);
    expectCanceled(await failure);
    await until('the source is left', async () => isLeft);
    expect(await cityIds(db)).toEqual([]);
    await proxy.close();
    await hidden.destroy();
  });
});
