import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type CachedDatabase, openCachedDatabase } from './support/cached-database.js';

let bench: CachedDatabase;
beforeAll(async () => {
  bench = await openCachedDatabase();
});
beforeEach(async () => {
  await bench.reset();
  await bench.parcels.batchGet([1, 2, 3]);
});
afterAll(() => bench.close());

describe('the next read sees', () => {
  it.each<[string, () => Promise<unknown>, string[], number]>([
    ['updateWhere', () => bench.parcels.updateWhere({ id: 1 }, { label: 'new' }), ['new', 'two', 'three'], 1],
    [
      'updateWhere in chunks',
      () => bench.parcels.updateWhere({ id: { gt: 1 } }, { depotId: null, label: undefined }, { chunkSize: 1 }),
      ['one', 'two', 'three'],
      1,
    ],
    [
      'updateWhere that finds nothing',
      () => bench.parcels.updateWhere({ id: 9 }, { label: 'new' }),
      ['one', 'two', 'three'],
      0,
    ],
    ['removeWhere', () => bench.parcels.removeWhere({ label: 'two' }), ['one', 'three'], 1],
  ])('what %s wrote, and what it did not write comes from the cache', async (_, write, labels, statements) => {
    await write();
    bench.statements.length = 0;
    const found = await bench.parcels.batchGet([1, 2, 3]);
    expect(found.map(({ label }) => label)).toEqual(labels);
    expect(bench.statements).toHaveLength(statements);
  });

  it('a column that only PostgreSQL knew the value of', async () => {
    await bench.parcels.updateWhere({}, { depotId: 1 }, { all: true, increment: ['depotId'] });
    const found = await bench.parcels.batchGet([1, 2, 3]);
    expect(found.map(({ depotId }) => depotId)).toEqual([2, 3, 3]);
  });
});
