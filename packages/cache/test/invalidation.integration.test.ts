import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BatchOperations } from '@uno/batch';
import { type CachedDatabase, openCachedDatabase } from './support/cached-database.js';
import { parcels } from './support/parcels.js';

let bench: CachedDatabase;
beforeAll(async () => {
  bench = await openCachedDatabase();
});
beforeEach(async () => {
  await bench.reset();
  await bench.parcels.batchGet([1, 2, 3]);
  bench.statements.length = 0;
});
afterAll(() => bench.close());

function operations(): BatchOperations<typeof parcels> {
  return new BatchOperations({ table: parcels, db: bench.db, observers: [bench.cache] });
}

/** What the repository gives for the three parcels: their labels, or undefined. */
async function labels(): Promise<(string | undefined)[]> {
  const found = await bench.parcels.batchGet([1, 2, 3]);
  return [1, 2, 3].map((id) => found.find((parcel) => parcel.id === id)?.label);
}

const recordByRecord = { useBatchOperations: false };

describe('the next read sees', () => {
  it.each<[string, () => Promise<unknown>, (string | undefined)[]]>([
    ['update', () => bench.parcels.update({ id: 1, label: 'new' }), ['new', 'two', 'three']],
    ['removeById', () => bench.parcels.removeById(1), [undefined, 'two', 'three']],
    [
      'remove',
      async () => {
        for (const parcel of await bench.parcels.batchGet([1])) await bench.parcels.remove(parcel);
      },
      [undefined, 'two', 'three'],
    ],
    [
      'batchUpdate',
      () =>
        bench.parcels.batchUpdate([
          { id: 1, label: 'new' },
          { id: 2, label: 'newer' },
        ]),
      ['new', 'newer', 'three'],
    ],
    [
      'batchUpdate record by record',
      () => bench.parcels.batchUpdate([{ id: 1, label: 'new' }], recordByRecord),
      ['new', 'two', 'three'],
    ],
    ['batchRemove', () => bench.parcels.batchRemove([1, 3]), [undefined, 'two', undefined]],
    [
      'batchRemove record by record',
      () => bench.parcels.batchRemove([1, 3], recordByRecord),
      [undefined, 'two', undefined],
    ],
    ['BatchOperations.batchUpdate', () => operations().batchUpdate([{ id: 2, label: 'new' }]), ['one', 'new', 'three']],
    ['BatchOperations.batchDelete', () => operations().batchDelete([2]), ['one', undefined, 'three']],
    [
      'BatchOperations.batchUpsert by the key',
      () =>
        operations().batchUpsert([
          { id: 2, label: 'new' },
          { id: 9, label: 'nine' },
        ]),
      ['one', 'new', 'three'],
    ],
    [
      'BatchOperations.batchUpsert that gives models',
      () => operations().batchUpsert([{ id: 2, label: 'new' }], { returnModels: true }),
      ['one', 'new', 'three'],
    ],
  ])('what %s wrote, and the others come from the cache', async (_, write, expected) => {
    await write();
    bench.statements.length = 0;
    expect(await labels()).toEqual(expected);
    expect(bench.statements).toHaveLength(1);
    const written = [1, 2, 3].filter((_id, i) => expected[i] !== ['one', 'two', 'three'][i]);
    expect(bench.statements[0]?.parameters).toEqual([`{${written.join(',')}}`]);
  });

  it('what BatchOperations.batchUpsert wrote by another unique constraint than the key', async () => {
    await operations().batchUpsert([{ label: 'two', depotId: 3 }], { constraintColumns: ['label'] });
    expect((await bench.parcels.get(2))?.depotId).toBe(3);
  });

  it.each<[string, () => Promise<unknown>]>([
    ['add', () => bench.parcels.add({ id: 1, label: 'again' })],
    ['batchAdd', () => bench.parcels.batchAdd([{ id: 1, label: 'again' }])],
    ['batchAdd record by record', () => bench.parcels.batchAdd([{ id: 1, label: 'again' }], recordByRecord)],
    ['BatchOperations.batchInsert', () => operations().batchInsert([{ id: 1, label: 'again' }])],
  ])('what %s put in the place of a row that went away behind the back of uno', async (_, write) => {
    const outsider = await bench.outsider();
    await outsider.query('delete from parcel where id = 1');
    await write();
    expect((await bench.parcels.get(1))?.label).toBe('again');
  });

  it.each<[string, string]>([
    ['a statement', 'update parcel set label = $2 where id = $1'],
    ['a query that calls something that writes', 'select relabel($1, $2)'],
  ])('what %s wrote by BatchOperations.batchExecuteSql', async (_, text) => {
    const outsider = await bench.outsider();
    await outsider.query(`create or replace function relabel(int, text) returns void language sql as
      'update parcel set label = $2 where id = $1'`);
    await operations().batchExecuteSql(text, [
      [1, 'new'],
      [3, 'newer'],
    ]);
    expect(await labels()).toEqual(['new', 'two', 'newer']);
  });

  it('nothing new after a query by BatchOperations.batchExecuteSql, which leaves the cache as it is', async () => {
    await operations().batchExecuteSql('select * from parcel where id = $1', [[1], [2]]);
    bench.statements.length = 0;
    expect(await labels()).toEqual(['one', 'two', 'three']);
    expect(bench.statements).toEqual([]);
  });

  it('rows that were added after they were asked for in vain', async () => {
    expect(await bench.parcels.get(4)).toBeUndefined();
    await bench.parcels.add({ label: 'four' });
    expect((await bench.parcels.get(4))?.label).toBe('four');
  });
});

describe('a write that fails', () => {
  it.each<[string, () => Promise<unknown>]>([
    ['update', () => bench.parcels.update({ id: 1, label: 'two' })],
    [
      'batchUpdate',
      () =>
        bench.parcels.batchUpdate([
          { id: 3, label: 'new' },
          { id: 1, label: 'two' },
        ]),
    ],
    [
      'batchUpdate in several statements',
      () =>
        bench.parcels.batchUpdate(
          [
            { id: 3, label: 'new' },
            { id: 1, label: 'two' },
          ],
          { batchSize: 1 },
        ),
    ],
    ['batchAdd', () => bench.parcels.batchAdd([{ label: 'four' }, { label: 'two' }])],
  ])('leaves everything in the cache: %s', async (_, write) => {
    await expect(write()).rejects.toMatchObject({ retry: 'never' });
    bench.statements.length = 0;
    expect(await labels()).toEqual(['one', 'two', 'three']);
    expect(bench.statements).toHaveLength(0);
  });
});
