import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { CommitUnknownError, ConnectionError } from '@uno/postgres';
import { type CachedDatabase, openCachedDatabase } from './support/cached-database.js';
import { depots, parcels } from './support/parcels.js';

let bench: CachedDatabase;
beforeAll(async () => {
  bench = await openCachedDatabase();
  const outsider = await bench.outsider();
  await outsider.query(`create function die() returns trigger language plpgsql as $$
    begin perform pg_terminate_backend(pg_backend_pid()); return new; end $$`);
  await outsider.query(`create trigger die before update on parcel for each row when (new.label = 'deadly')
    execute function die()`);
});
beforeEach(async () => {
  await bench.reset();
  await bench.parcels.batchGet([1, 2, 3]);
  await bench.depots.batchGet([1, 2]);
});
afterAll(() => bench.close());

/** Changes both parcels in a transaction whose end nobody looks up afterwards. */
function changeInUnitOfWork(): Promise<void> {
  return bench.unitOfWork.run(async () => {
    await bench.parcels.update({ id: 1, label: 'new' });
    await bench.parcels.update({ id: 2, label: 'newer' });
  });
}

describe('when the answer to COMMIT is lost', () => {
  it('what a unit of work may have written is read again', async () => {
    bench.loseNextCommitAnswer();
    await expect(changeInUnitOfWork()).rejects.toBeInstanceOf(CommitUnknownError);
    const found = await bench.parcels.batchGet([1, 2]);
    expect(found.map(({ label }) => label)).toEqual(['new', 'newer']);
  });

  it('what a batch has written is read again, since PostgreSQL tells that it has', async () => {
    bench.loseNextCommitAnswer();
    const records = [
      { id: 1, label: 'new' },
      { id: 2, label: 'newer' },
    ];
    expect(await bench.parcels.batchUpdate(records, { batchSize: 1 })).toBe(2);
    const found = await bench.parcels.batchGet([1, 2]);
    expect(found.map(({ label }) => label)).toEqual(['new', 'newer']);
  });

  it('everything that was written is dropped, and nothing of others', async () => {
    bench.loseNextCommitAnswer();
    await expect(changeInUnitOfWork()).rejects.toMatchObject({ code: 'UNO_COMMIT_UNKNOWN', retry: 'if-idempotent' });
    expect(bench.cache.region(parcels).lookup(['1', '2'])).toEqual([undefined, undefined]);
    expect(bench.cache.statistics(depots).entries).toBe(2);
  });

  it('a read that was under way stores nothing', async () => {
    const ticket = bench.cache.region(parcels).openTicket();
    bench.loseNextCommitAnswer();
    await expect(changeInUnitOfWork()).rejects.toBeInstanceOf(CommitUnknownError);
    await ticket.fill([['1', ['old']]]);
    expect(bench.cache.region(parcels).lookup(['1'])).toEqual([undefined]);
  });
});

describe('when the answer to a statement that commits by itself is lost', () => {
  it.each<[string, () => Promise<unknown>]>([
    ['update', () => bench.parcels.update({ id: 1, label: 'new' })],
    ['batchUpdate', () => bench.parcels.batchUpdate([{ id: 1, label: 'new' }])],
  ])('everything of the mapping is dropped: %s', async (_, write) => {
    bench.loseNextUpdateAnswer();
    // A batch of updates is repeated, as that does no harm.
    await write().catch((error: unknown) => expect(error).toBeInstanceOf(ConnectionError));
    expect(bench.cache.statistics(parcels).entries).toBe(0);
    expect(bench.cache.statistics(depots).entries).toBe(2);
    expect((await bench.parcels.get(1))?.label).toBe('new');
  });
});

describe('when the server ends a session while it writes', () => {
  it.each<[string, () => Promise<unknown>]>([
    ['update', () => bench.parcels.update({ id: 1, label: 'deadly' })],
    ['batchUpdate', () => bench.parcels.batchUpdate([{ id: 1, label: 'deadly' }])],
  ])('what is read afterwards is what is stored: %s', async (_, write) => {
    await expect(write()).rejects.toBeInstanceOf(ConnectionError);
    expect((await bench.parcels.get(1))?.label).toBe('one');
    expect(bench.cache.statistics(depots).entries).toBe(2);
  });
});
