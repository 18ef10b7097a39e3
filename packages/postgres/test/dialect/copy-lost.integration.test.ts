import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Fault, type FaultProxy, startFaultProxy } from '@uno/testing';
import type { Kysely } from 'kysely';
import type pg from 'pg';
import {
  atomically,
  ConnectionError,
  type CopySource,
  copyIn,
  executeText,
  isTransactionLost,
  type TransactionOutcome,
} from '../../src/index.js';
import { backendPid } from '../support/backend-pid.js';
import { cityIds, createCities, endlessLines, HangingSource, intoCities, lines } from '../support/cities.js';
import { failureOf, until, untilBlocked, untilGone, untilWaiting } from '../support/conditions.js';
import { prepare, TestBed } from '../support/test-bed.js';
import { watch } from '../support/watch.js';

let bed: TestBed;
let proxy: FaultProxy;
let db: Kysely<unknown>;
let pool: pg.Pool;
let observer: pg.Client;

beforeAll(async () => {
  bed = await TestBed.create();
  proxy = await startFaultProxy({ target: bed.connectionString });
  ({ db, pool } = bed.open({ pool: { connectionString: proxy.connectionString, max: 1 } }));
  observer = await bed.session();
  await prepare(observer, createCities);
});
beforeEach(() => prepare(observer, 'truncate city'));
afterAll(async () => {
  await bed.close();
  await proxy.close();
});

/** The ids that are in the table when the session of the lost connection is over. */
async function idsAfter(pid: number): Promise<number[]> {
  await untilGone(observer, pid);
  const { rows } = await observer.query<{ id: number }>('select id from city order by id');
  return rows.map(({ id }) => id);
}

const statement = { name: 'Query', text: 'copy "city"' } as const;

/** Where the connection is cut before all was sent. */
const before: [string, Fault, () => CopySource][] = [
  ['before the statement', { when: statement, action: 'cut' }, () => lines(3)],
  ['after the statement', { when: statement, action: 'cut-after' }, () => lines(3)],
  ['when it is asked for data', { when: { name: 'CopyInResponse' }, action: 'cut' }, () => lines(3)],
  ['amid the data', { when: { name: 'CopyData', nth: 3 }, action: 'cut' }, endlessLines],
  [
    'amid the data, which hangs',
    { when: { name: 'CopyData' }, action: 'cut-after' },
    () => new HangingSource(lines(3)),
  ],
  ['amid one large text', { when: { name: 'CopyData', nth: 3 }, action: 'cut' }, () => [...lines(300_000)].join('')],
];

describe('a connection that is lost', () => {
  it.each(before)('%s gives a ConnectionError that allows to repeat, and is replaced', async (_what, fault, data) => {
    const pid = await backendPid(db);
    const cut = proxy.inject(fault);
    const error = await failureOf(copyIn(db, intoCities, data()));
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error).toMatchObject({ retry: 'whole-transaction', cause: expect.any(ConnectionError) });
    await cut.fired;
    expect(await idsAfter(pid)).toEqual([]);
    expect(await copyIn(db, intoCities, lines(2))).toEqual({ affected: 2 });
    expect(pool.totalCount).toBe(1);
  });

  it.each<[string, Fault, number[]]>([
    ['before the end of the data', { when: { name: 'CopyDone' }, action: 'cut' }, []],
    ['after the end of the data', { when: { name: 'CopyDone' }, action: 'cut-after' }, [1, 2, 3]],
    ['before the answer', { when: { from: 'server', name: 'CommandComplete' }, action: 'cut' }, [1, 2, 3]],
  ])('%s gives a ConnectionError that leaves it open', async (_what, fault, stored) => {
    const pid = await backendPid(db);
    const cut = proxy.inject(fault);
    const error = await failureOf(copyIn(db, intoCities, lines(3)));
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error).toHaveProperty('retry', 'if-idempotent');
    await cut.fired;
    expect(await idsAfter(pid)).toEqual(stored);
    expect(await backendPid(db)).not.toBe(pid);
  });

  it.each<[string, Fault, () => CopySource]>([
    ['amid the data', { when: { name: 'CopyData', nth: 2 }, action: 'cut' }, endlessLines],
    ['after the data', { when: { from: 'server', name: 'CommandComplete', text: 'COPY' }, action: 'cut' }, () => ''],
  ])('%s in a transaction ends that as rolled back', async (_what, fault, data) => {
    const outcomes: TransactionOutcome[] = [];
    const pids: number[] = [];
    const run = atomically(db, async (trx) => {
      pids.push(await backendPid(trx));
      await watch(trx, outcomes);
      await copyIn(trx, intoCities, lines(3));
      proxy.inject(fault);
      const error = await failureOf(copyIn(trx, intoCities, data()));
      expect(await isTransactionLost(trx)).toBe(true);
      expect(await failureOf(executeText(trx, { sql: 'select 1' }))).toBeInstanceOf(ConnectionError);
      throw error;
    });
    const error = await failureOf(run);
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error).toHaveProperty('retry', 'whole-transaction');
    expect(outcomes).toEqual(['rolled-back']);
    expect(await idsAfter(pids[0] ?? Number.NaN)).toEqual([]);
    expect(await backendPid(db)).not.toBe(pids[0]);
  });

  it('because the server ends the session amid the data says so', async () => {
    const pid = await backendPid(db);
    const source = new HangingSource(lines(3));
    const failure = failureOf(copyIn(db, intoCities, source));
    await source.hanging;
    await untilWaiting(observer, pid, 'ClientRead', 'copy');
    await prepare(observer, `select pg_terminate_backend(${pid})`);
    const error = await failure;
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error).toMatchObject({ sqlstate: '57P01', retry: 'whole-transaction' });
    expect(source.isLeft).toBe(true);
    expect(await idsAfter(pid)).toEqual([]);
    expect(await backendPid(db)).not.toBe(pid);
  });

  it('because the server ends the session while much is sent is replaced', async () => {
    const pid = await backendPid(db);
    let isBegun = false;
    function* source(): Generator<string> {
      isBegun = true;
      yield* endlessLines();
    }
    const failure = failureOf(copyIn(db, intoCities, source()));
    await until('it is begun', async () => isBegun);
    await prepare(observer, `select pg_terminate_backend(${pid})`);
    expect(await failure).toBeInstanceOf(ConnectionError);
    expect(await idsAfter(pid)).toEqual([]);
    expect(await backendPid(db)).not.toBe(pid);
  });
});

describe('a copy that the client stops waiting for (query_timeout)', () => {
  it('amid the data stores nothing, and is not left to the next user of the connection', async () => {
    const impatient = bed.open({ pool: { max: 1, query_timeout: 500 } });
    const pid = await backendPid(impatient.db);
    const source = new HangingSource(lines(3));
    const error = await failureOf(copyIn(impatient.db, intoCities, source));
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error).toHaveProperty('retry', 'whole-transaction');
    expect(source.isLeft).toBe(true);
    expect(await backendPid(impatient.db)).not.toBe(pid);
    expect(await idsAfter(pid)).toEqual([]);
  });

  it('before it was asked for data stores nothing when it is asked later on', async () => {
    const impatient = bed.open({ pool: { max: 1, query_timeout: 500 } });
    await impatient.db.connection().execute(async (connection) => {
      const pid = await backendPid(connection);
      await prepare(observer, 'begin', 'lock table city');
      const failure = failureOf(copyIn(connection, intoCities, lines(3)));
      const other = await bed.session();
      await untilBlocked(other, pid);
      expect(await failure).toBeInstanceOf(ConnectionError);
      await prepare(observer, 'commit');
      // It is not closed before it is given back, and the server goes on with it until then.
      await until('the server is done with the copy', async () => {
        const { rows } = await observer.query("select 1 from pg_stat_activity where pid = $1 and state = 'active'", [
          pid,
        ]);
        return rows.length === 0;
      });
    });
    expect(await cityIds(db)).toEqual([]);
  });

  it('leaves no timer when it was in time', async () => {
    const patient = bed.open({ pool: { max: 1, query_timeout: 60_000 } });
    await backendPid(patient.db);
    const before = timers();
    expect(await copyIn(patient.db, intoCities, lines(3))).toEqual({ affected: 3 });
    expect(await failureOf(copyIn(patient.db, intoCities, lines(3)))).toMatchObject({ sqlstate: '23505' });
    expect(timers()).toBe(before);
  });

  function timers(): number {
    return process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  }
});
