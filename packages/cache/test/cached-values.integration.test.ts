import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Loaded } from '@uno/domain';
import { jsonNull } from '@uno/postgres';
import { type CachedDatabase, openCachedDatabase } from './support/cached-database.js';
import type { parcels } from './support/parcels.js';

let bench: CachedDatabase;
beforeAll(async () => {
  bench = await openCachedDatabase();
});
beforeEach(() => bench.reset());
afterAll(() => bench.close());

type StoredParcel = Loaded<typeof parcels>;

const content = () => ({
  label: 'four',
  depotId: 3,
  shippedAt: new Date('2026-02-03T04:05:06.789Z'),
  tags: ['fragile', null, 'heavy'],
  details: { weight: 5, stops: [{ place: 'Chur' }, { place: 'Bern' }] },
  seal: new Uint8Array([1, 2, 255]),
});

/** Changes everything of a parcel that can be changed, in place. */
function deface(parcel: StoredParcel): void {
  parcel.shippedAt?.setFullYear(1999);
  parcel.tags?.push('defaced');
  parcel.seal?.fill(0);
  const { details } = parcel;
  if (typeof details === 'object' && details !== null && 'stops' in details && Array.isArray(details['stops'])) {
    details['stops'].push({ place: 'nowhere' });
    Object.assign(details['stops'][0], { place: 'defaced' });
    Object.assign(details, { weight: -1 });
  }
  parcel.label = 'defaced';
  parcel.depotId = null;
}

/** A parcel that was defaced is different in every value. */
function expectIntact(parcel: StoredParcel | undefined): void {
  expect(parcel).toMatchObject({ id: 4, ...content() });
  expect(parcel?.tags).toHaveLength(3);
}

describe('what is cached', () => {
  it('is not changed by what a caller does to the entity that filled the cache', async () => {
    await bench.parcels.add(content());
    const filled = await bench.parcels.get(4);
    if (filled !== undefined) deface(filled);
    expectIntact(await bench.parcels.get(4));
    expect(filled?.label).toBe('defaced');
  });

  it('is not changed by what a caller does to an entity that came from the cache', async () => {
    await bench.parcels.add(content());
    await bench.parcels.get(4);
    const [first] = await bench.parcels.batchGet([4]);
    if (first !== undefined) deface(first);
    expectIntact((await bench.parcels.batchGet([4]))[0]);
    expectIntact(await bench.parcels.get(4));
    expect(first?.label).toBe('defaced');
  });

  it('is not changed by what a caller does to the record that was written, or to what the write gave back', async () => {
    const record = content();
    const added = await bench.parcels.add(record);
    await bench.parcels.get(4);
    record.shippedAt.setFullYear(1999);
    record.tags.length = 0;
    record.details.stops.length = 0;
    record.seal.fill(9);
    deface(added);
    expectIntact(await bench.parcels.get(4));
  });

  it('is not changed by what a caller does to an owner that was loaded', async () => {
    const parcel = await bench.parcels.get(1, { loadRelations: ['depot'] });
    if (parcel?.depot) parcel.depot.name = 'defaced';
    expect((await bench.parcels.get(1, { loadRelations: ['depot'] }))?.depot?.name).toBe('Bern');
    expect((await bench.depots.get(1))?.name).toBe('Bern');
  });

  it('equals what the database gives, value by value', async () => {
    await bench.parcels.batchAdd([content(), { label: 'bare' }, { label: 'null', details: jsonNull, tags: [] }]);
    const keys = [4, 5, 6];
    const uncached = await bench.parcels.batchGet(keys, { useCache: false });
    await bench.parcels.batchGet(keys);
    const cached = await bench.parcels.batchGet(keys);
    expect(cached).toEqual(uncached);
    expect(cached[2]?.details).toBe(jsonNull);
    expect(cached[1]).toMatchObject({ details: null, tags: null, seal: null, shippedAt: null });
  });
});
