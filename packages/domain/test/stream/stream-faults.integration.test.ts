import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { column, mapEntity, UnitOfWork, UnoContext, UnoDBRepository } from '@uno/domain';
import { CanceledError, ConnectionError, UnoPostgresDialect } from '@uno/postgres';
import { type FaultProxy, startFaultProxy } from '@uno/testing';
import { Kysely, sql } from 'kysely';
import pg from 'pg';
import { type OpenDatabase, openDatabase } from '../support/database.js';
import { failureOf } from '../support/wrong.js';

class Line {
  id!: number;
  words!: string;
}
const columns = { id: column.integer(), words: column.text() };
/** Views: one of much text, and one that takes its time from the third row on. */
const many = mapEntity(class Many extends Line {}, { table: 'many', columns });
const slow = mapEntity(class Slow extends Line {}, { table: 'slow', columns });

let database: OpenDatabase;
let proxy: FaultProxy;
let pool: pg.Pool;
let context: UnoContext;

beforeAll(async () => {
  database = await openDatabase([]);
  await sql`create view many as select n as id, n || repeat('x', 2000) as words from generate_series(1, 20000) n`.execute(
    database.db,
  );
  await sql`create view slow as
    select n as id, case when n = 3 then pg_sleep(600)::text else 'x' end as words from generate_series(1, 4) n`.execute(
    database.db,
  );
  proxy = await startFaultProxy({ target: database.connectionString });
  pool = new pg.Pool({ connectionString: proxy.connectionString, max: 1 });
  pool.on('error', () => undefined);
  context = new UnoContext({ db: new Kysely<unknown>({ dialect: new UnoPostgresDialect({ pool }) }) });
});
afterAll(async () => {
  await pool.end();
  await proxy.close();
  await database.close();
});

async function idsUntilFailure(stream: AsyncIterable<Line>, ids: number[]): Promise<void> {
  for await (const { id } of stream) ids.push(id);
}

describe('a stream whose connection is lost', () => {
  it.each([1, 2, 3])(
    'at FETCH %s fails by a ConnectionError, after the rows before, and the pool goes on',
    async (nth) => {
      const repository = new UnoDBRepository(context, many);
      proxy.inject({ when: { from: 'client', text: 'fetch forward', nth }, action: 'cut' });
      const ids: number[] = [];
      const run = () => idsUntilFailure(repository.stream({ chunkSize: 2 }), ids);
      const error = await failureOf(ConnectionError, run);
      expect(error.retry).toBe('whole-transaction');
      expect(ids).toHaveLength((nth - 1) * 2);
      expect(await repository.count({ filters: { id: { lt: 3 } } })).toBe(2);
      expect(pool.idleCount).toBe(pool.totalCount);
    },
  );

  it('while the loop is at work does not keep the loop from being left', async () => {
    const repository = new UnoDBRepository(context, many);
    for await (const { id } of repository.stream({ chunkSize: 2 })) {
      expect(id).toBe(1);
      proxy.cutAll();
      break;
    }
    expect(await repository.count({ filters: { id: 1 } })).toBe(1);
    expect(pool.idleCount).toBe(pool.totalCount);
  });

  it('in a unit of work fails the unit', async () => {
    const repository = new UnoDBRepository(context, many);
    proxy.inject({ when: { from: 'client', text: 'fetch forward', nth: 2 }, action: 'cut' });
    const run = () => new UnitOfWork(context).run(() => idsUntilFailure(repository.stream({ chunkSize: 2 }), []));
    expect((await failureOf(ConnectionError, run)).retry).toBe('whole-transaction');
    expect(await repository.count({ filters: { id: 1 } })).toBe(1);
    expect(pool.idleCount).toBe(pool.totalCount);
  });
});

describe('a stream whose signal is aborted while it reads', () => {
  it('is cancelled on the server and gives its connection back clean', async () => {
    const repository = new UnoDBRepository(context, slow);
    const [before] = (await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(context.current())).rows;
    const controller = new AbortController();
    const ids: number[] = [];
    const running = failureOf(CanceledError, () =>
      idsUntilFailure(repository.stream({ chunkSize: 2, signal: controller.signal }), ids),
    );
    const asleep = sql`select from pg_stat_activity where wait_event = 'PgSleep' and pid = ${before?.pid}`;
    while ((await asleep.execute(database.db)).rows.length === 0);
    controller.abort();
    await running;
    expect(ids).toEqual([1, 2]);
    const { rows } = await sql`select pg_backend_pid() as pid`.execute(context.current());
    expect(rows).toEqual([before]);
  });
});

describe('a stream of much data', () => {
  it('keeps no more than a chunk of it', async () => {
    setFlagsFromString('--expose-gc');
    const collectGarbage: unknown = runInNewContext('gc');
    if (typeof collectGarbage !== 'function') throw new Error('there is no gc');
    const used = () => {
      collectGarbage();
      return process.memoryUsage().heapUsed;
    };
    const before = used();
    let most = 0;
    let rows = 0;
    for await (const { id } of new UnoDBRepository(context, many).stream({ chunkSize: 500 })) {
      rows++;
      if (id % 5000 === 0 || id === 1) most = Math.max(most, used());
    }
    expect(rows).toBe(20_000);
    // All rows together are 40 MB.
    expect(most - before).toBeLessThan(5_000_000);
  });
});
