import { getEventListeners } from 'node:events';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { UnoContext, UnoDBRepository } from '@uno/domain';
import { CanceledError, OperationTimeoutError } from '@uno/postgres';
import pg from 'pg';
import { BrokenPort } from '../support/broken-port.js';
import { type OpenDatabase, openDatabase } from '../support/database.js';
import { cities, countries, world } from '../support/world.js';
import { failureOf } from '../support/wrong.js';

let database: OpenDatabase;
let holder: pg.Client;
let controller: AbortController;

beforeAll(async () => {
  database = await openDatabase(world);
  holder = new pg.Client({ connectionString: database.connectionString });
  await holder.connect();
});
afterAll(async () => {
  await holder.end();
  await database.close();
});

beforeEach(async () => {
  await database.empty();
  controller = new AbortController();
  const context = new UnoContext({ db: database.db });
  await new UnoDBRepository(context, countries).add({ name: 'Switzerland' });
  await new UnoDBRepository(context, cities).add({ name: 'Bern', countryId: 1 });
  await holder.query('begin');
});
afterEach(async () => {
  await holder.query('rollback');
  expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
});

/** Locks that are waited for in this database: the server has others. */
async function waiting(): Promise<number> {
  const own = '(select oid from pg_database where datname = current_database())';
  const { rows } = await holder.query(`select 1 from pg_locks where not granted and database = ${own}`);
  return rows.length;
}

/** Waits until somebody waits for the table that is held. */
async function untilSomebodyWaits(): Promise<void> {
  for (;;) {
    if ((await waiting()) > 0) return;
  }
}

describe.each(['country', 'city'] as const)('a batchGet that waits for the table of a relation (%s)', (table) => {
  /** A relation to one, or to many. */
  function get(call: { readonly timeoutMs?: number; readonly signal?: AbortSignal }): Promise<unknown> {
    const context = new UnoContext({ db: database.db });
    return table === 'country'
      ? new UnoDBRepository(context, cities).batchGet([1], { ...call, loadRelations: ['country'] })
      : new UnoDBRepository(context, countries).batchGet([1], { ...call, loadRelations: ['cities'] });
  }

  it('ends when its time is over', async () => {
    await holder.query(`lock table ${table}`);
    const error = await failureOf(OperationTimeoutError, () => get({ timeoutMs: 30 }));
    expect(error.timeoutMs).toBe(30);
  });

  it('ends with its signal, on the server too', async () => {
    await holder.query(`lock table ${table}`);
    const reason = new Error('changed my mind');
    const failing = failureOf(CanceledError, () => get({ signal: controller.signal }));
    await untilSomebodyWaits();
    controller.abort(reason);
    expect(await failing).toMatchObject({ cause: reason, operation: 'batchGet' });
    expect(await waiting()).toBe(0);
  });

  it('gives what it found where there is time enough', async () => {
    expect(await get({ timeoutMs: 60_000, signal: controller.signal })).toHaveLength(1);
  });
});

describe('the time limit of a repository', () => {
  it('holds for relations, too', async () => {
    await holder.query('lock table city');
    const context = new UnoContext({ db: database.db });
    const repository = new UnoDBRepository(context, countries, { timeoutMs: 30 });
    await failureOf(OperationTimeoutError, () => repository.batchGet([1], { loadRelations: ['cities'] }));
  });

  it('is the one of the batch port where it has none itself', async () => {
    await holder.query('lock table city');
    const batch = Object.assign(new BrokenPort(() => Promise.reject(new Error('not to be asked'))), {
      defaults: { timeoutMs: 30 },
    });
    const repository = new UnoDBRepository(new UnoContext({ db: database.db, batch }), countries, {
      useBatchOperations: false,
    });
    await failureOf(OperationTimeoutError, () => repository.batchGet([1], { loadRelations: ['cities'] }));
  });
});
