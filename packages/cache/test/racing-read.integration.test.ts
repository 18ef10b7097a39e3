import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BatchOperations } from '@uno/batch';
import { type ControlledTransaction, sql } from 'kysely';
import type { Client } from 'pg';
import { type CachedDatabase, openCachedDatabase } from './support/cached-database.js';
import { parcels } from './support/parcels.js';

let bench: CachedDatabase;
let gatekeeper: Client;
beforeAll(async () => {
  bench = await openCachedDatabase();
  gatekeeper = await bench.outsider();
  await gatekeeper.query(`create function pass_gate() returns boolean volatile language plpgsql as $$
    begin perform pg_advisory_lock_shared(1), pg_advisory_unlock_shared(1); return true; end $$`);
});
beforeEach(async () => {
  await bench.reset();
  // Who reads the view has a snapshot of the rows already when it comes to the gate, and waits there with what it saw.
  await gatekeeper.query(`alter table parcel rename to parcel_row;
    create view parcel as select * from parcel_row where pass_gate()`);
});
afterEach(() => gatekeeper.query('drop view parcel; alter table parcel_row rename to parcel'));
afterAll(() => bench.close());

const closeGate = () => gatekeeper.query('select pg_advisory_lock(1)');
const openGate = () => gatekeeper.query('select pg_advisory_unlock(1)');

/** Waits until a session of this database waits for a lock. */
async function untilOneWaits(): Promise<void> {
  for (;;) {
    const { rows } = await gatekeeper.query(
      'select 1 from pg_stat_activity where datname = current_database() and cardinality(pg_blocking_pids(pid)) > 0',
    );
    if (rows.length > 0) return;
  }
}

/** A transaction that has changed the label of parcel 1, and is open. */
async function openWrite(): Promise<ControlledTransaction<unknown>> {
  const transaction = await bench.db.startTransaction().execute();
  const operations = new BatchOperations({ table: parcels, db: transaction, observers: [bench.cache] });
  await operations.batchUpdate([{ id: 1, label: 'new' }]);
  return transaction;
}

type Read = () => Promise<(string | undefined)[]>;
const reads: [string, Read][] = [
  ['get', async () => [(await bench.parcels.get(1))?.label]],
  ['batchGet', async () => (await bench.parcels.batchGet([1])).map(({ label }) => label)],
  [
    'batchGet record by record',
    async () => (await bench.parcels.batchGet([1], { useBatchOperations: false })).map(({ label }) => label),
  ],
];

describe('a read that has found a value which is overwritten before it comes back', () => {
  it.each(reads)('does not put the old value into the cache: %s', async (_, read) => {
    const transaction = await openWrite();
    await closeGate();
    const racing = read();
    await untilOneWaits();
    await transaction.commit().execute();
    await openGate();
    expect(await racing).toEqual(['one']);
    expect(bench.cache.statistics(parcels)).toMatchObject({ entries: 0, staleFillsRefused: 1 });
    expect(await read()).toEqual(['new']);
    expect(await read()).toEqual(['new']);
    expect(bench.cache.statistics(parcels)).toMatchObject({ entries: 1, hits: 1 });
  });

  it('keeps the other rows that it has found', async () => {
    const transaction = await openWrite();
    await closeGate();
    const racing = bench.parcels.batchGet([1, 2, 3]);
    await untilOneWaits();
    await transaction.commit().execute();
    await openGate();
    expect((await racing).map(({ label }) => label)).toEqual(['one', 'two', 'three']);
    bench.statements.length = 0;
    expect((await bench.parcels.batchGet([1, 2, 3])).map(({ label }) => label)).toEqual(['new', 'two', 'three']);
    expect(bench.statements.map(({ parameters }) => parameters)).toEqual([['{1}']]);
  });

  it('keeps the value when the write is rolled back', async () => {
    const transaction = await openWrite();
    await closeGate();
    const racing = bench.parcels.batchGet([1]);
    await untilOneWaits();
    await transaction.rollback().execute();
    await openGate();
    await racing;
    bench.statements.length = 0;
    expect((await bench.parcels.get(1))?.label).toBe('one');
    expect(bench.statements).toHaveLength(0);
  });
});

describe('a read that waits for the lock of a write', () => {
  it('gives what was committed, and so does the next one', async () => {
    const transaction = await openWrite();
    await sql`lock table parcel_row in access exclusive mode`.execute(transaction);
    const racing = bench.parcels.batchGet([1, 2]);
    await untilOneWaits();
    await transaction.commit().execute();
    expect((await racing).map(({ label }) => label)).toEqual(['new', 'two']);
    expect((await bench.parcels.get(1))?.label).toBe('new');
  });
});
