import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { UnitOfWork, UnoContext, UnoDBRepository } from '@uno/domain';
import { ConnectionError, UnoPostgresDialect } from '@uno/postgres';
import { type FaultAction, type FaultPattern, type FaultProxy, startFaultProxy } from '@uno/testing';
import { Kysely } from 'kysely';
import pg from 'pg';
import { type OpenDatabase, openDatabase } from '../support/database.js';
import { RecordingObserver } from '../support/observers.js';
import { visits } from '../support/world.js';
import { failureOf } from '../support/wrong.js';

let database: OpenDatabase;
let proxy: FaultProxy;
let pool: pg.Pool;
let observer: RecordingObserver;
let context: UnoContext;
let repository: UnoDBRepository<typeof visits>;

beforeAll(async () => {
  database = await openDatabase([visits]);
  proxy = await startFaultProxy({ target: database.connectionString });
  pool = new pg.Pool({ connectionString: proxy.connectionString, max: 2 });
  pool.on('error', () => undefined);
});
afterAll(async () => {
  await pool.end();
  await proxy.close();
  await database.close();
});

beforeEach(async () => {
  await database.empty();
  observer = new RecordingObserver();
  const db = new Kysely<unknown>({ dialect: new UnoPostgresDialect({ pool }) });
  context = new UnoContext({ db, observers: [observer] });
  repository = new UnoDBRepository(context, visits);
  await repository.batchAdd([1, 2, 3, 4, 5].map((cityId) => ({ cityId, day: '2024-01-01' })));
  observer.events.length = 0;
});

const increment = { all: true, increment: ['visitors'] } as const;
const visitors = async () => (await repository.list()).map((visit) => visit.visitors);

const places: [string, FaultPattern, FaultAction][] = [
  ['before the statement', { from: 'client', name: 'Parse', text: 'update "visit"' }, 'cut'],
  ['when the statement is done', { from: 'server', name: 'CommandComplete', text: /^(UPDATE|SELECT)/ }, 'cut'],
  ['before COMMIT', { from: 'client', text: /^commit/i }, 'cut'],
  ['before the answer to COMMIT', { from: 'client', text: /^commit/i }, 'answer-lost'],
];

describe('updateWhere whose connection is lost', () => {
  it.each(places)('%s adds to each row once, all the same', async (_, when, action) => {
    const fault = proxy.inject({ when, action });
    expect(await repository.updateWhere({}, { visitors: 1 }, increment)).toEqual({ updated: 5 });
    await fault.fired;
    expect(await visitors()).toEqual([2, 2, 2, 2, 2]);
    expect(observer.events.flatMap(({ keys }) => keys)).toHaveLength(5);
  });

  it.each(places)('%s of the second chunk adds to each row once, all the same', async (_, when, action) => {
    const fault = proxy.inject({ when: { ...when, nth: 2 }, action });
    expect(await repository.updateWhere({}, { visitors: 1 }, { ...increment, chunkSize: 2 })).toEqual({ updated: 5 });
    await fault.fired;
    expect(await visitors()).toEqual([2, 2, 2, 2, 2]);
    expect(observer.events.flatMap(({ keys }) => keys)).toHaveLength(5);
  });

  it('in a unit of work writes nothing and tells nobody', async () => {
    proxy.inject({ when: { from: 'client', text: 'update "visit"', nth: 2 }, action: 'cut' });
    const run = () =>
      new UnitOfWork(context).run(() => repository.updateWhere({}, { visitors: 1 }, { ...increment, chunkSize: 2 }));
    expect((await failureOf(ConnectionError, run)).retry).toBe('whole-transaction');
    expect(await visitors()).toEqual([1, 1, 1, 1, 1]);
    expect(observer.events).toEqual([]);
  });
});
