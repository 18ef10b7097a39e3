import { beforeEach, describe, expect, it } from '@jest/globals';
import { LruEntityCache } from '@uno/cache';
import type { AnyMapping, Snapshot, WriteEvent } from '@uno/domain';
import { column, mapEntity } from '@uno/domain';
import { depots, ParcelLabel, parcelLabels, parcels, parcelsByLabel, publicParcelLabels } from './support/parcels.js';

const committed: WriteEvent = {
  table: 'parcel',
  keyColumns: ['id'],
  keys: ['1'],
  kind: 'update',
  outcome: 'committed',
};

describe('the cache', () => {
  let cache: LruEntityCache;
  beforeEach(() => {
    cache = new LruEntityCache();
  });

  const store = async (mapping: AnyMapping, ...keys: string[]) => {
    const ticket = cache.region(mapping).openTicket();
    await ticket.fill(keys.map((key): readonly [string, Snapshot] => [key, [key]]));
    ticket.close();
  };
  const kept = async (mapping: AnyMapping, ...keys: string[]) => {
    const found = await cache.region(mapping).lookup(keys);
    return keys.filter((_, i) => found[i] !== undefined);
  };

  it('keeps the mappings apart', async () => {
    await store(parcels, '1');
    expect(await kept(depots, '1')).toEqual([]);
    expect(await kept(parcels, '1')).toEqual(['1']);
  });

  it('forgets the written keys of the table, and nothing of other tables', async () => {
    await store(parcels, '1', '2');
    await store(depots, '1');
    cache.written(committed);
    expect(await kept(parcels, '1', '2')).toEqual(['2']);
    expect(await kept(depots, '1')).toEqual(['1']);
  });

  it('forgets the keys in every mapping of the table that has the same key', async () => {
    await store(parcels, '1', '2');
    await store(parcelLabels, '1', '2');
    cache.written(committed);
    expect(await kept(parcels, '1', '2')).toEqual(['2']);
    expect(await kept(parcelLabels, '1', '2')).toEqual(['2']);
  });

  it('forgets everything in a mapping of the table that has another key, both ways', async () => {
    await store(parcels, '1', '2');
    await store(parcelsByLabel, '1', 'two');
    cache.written(committed);
    expect(await kept(parcelsByLabel, '1', 'two')).toEqual([]);
    expect(await kept(parcels, '2')).toEqual(['2']);
    cache.written({ ...committed, keyColumns: ['label'], keys: ['one'] });
    expect(await kept(parcels, '2')).toEqual([]);
  });

  it('does not take the first column of a longer key for the key', async () => {
    await store(parcels, '1', '2');
    cache.written({ ...committed, keyColumns: ['id', 'label'], keys: ['1\u001fone'] });
    expect(await kept(parcels, '1', '2')).toEqual([]);
  });

  it('takes a table without a schema for one in any schema, both ways', async () => {
    await store(parcels, '1', '2');
    await store(publicParcelLabels, '1', '2');
    cache.written(committed);
    expect(await kept(publicParcelLabels, '1', '2')).toEqual(['2']);
    cache.written({ ...committed, table: 'public.parcel', keys: ['2'] });
    expect(await kept(parcels, '2')).toEqual([]);
  });

  it('keeps the tables of two named schemas apart', async () => {
    await store(publicParcelLabels, '1');
    const columns = { id: column.integer(), label: column.text() };
    const elsewhere = mapEntity(ParcelLabel, { table: 'parcel', schema: 'archive', columns });
    await store(elsewhere, '1');
    cache.written({ ...committed, table: 'archive.parcel' });
    expect(await kept(publicParcelLabels, '1')).toEqual(['1']);
    expect(await kept(elsewhere, '1')).toEqual([]);
  });

  it('does not take a table for another one whose name ends the same', async () => {
    await store(parcels, '1');
    cache.written({ ...committed, table: 'old_parcel' });
    expect(await kept(parcels, '1')).toEqual(['1']);
  });

  it('forgets all keys when the write could not say which', async () => {
    await store(parcels, '1', '2');
    cache.written({ ...committed, keys: 'all' });
    expect(await kept(parcels, '1', '2')).toEqual([]);
  });

  it('treats a write of which nobody knows whether it happened as one that did', async () => {
    await store(parcels, '1');
    cache.written({ ...committed, outcome: 'unknown' });
    expect(await kept(parcels, '1')).toEqual([]);
  });

  it('refuses what reads under way find of a row that another mapping of the table wrote', async () => {
    const ticket = cache.region(parcelsByLabel).openTicket();
    cache.written(committed);
    await ticket.fill([['one', ['old']]]);
    expect(await kept(parcelsByLabel, 'one')).toEqual([]);
    expect(cache.statistics(parcelsByLabel).staleFillsRefused).toBe(1);
  });

  it('forgets everything when it is cleared, and what reads under way find', async () => {
    await store(parcels, '1');
    const ticket = cache.region(depots).openTicket();
    cache.clear();
    await ticket.fill([['1', ['old']]]);
    expect(await kept(parcels, '1')).toEqual([]);
    expect(await kept(depots, '1')).toEqual([]);
  });

  it('tells what it has done by mapping', async () => {
    await store(parcels, '1', '2');
    await kept(parcels, '1', '9');
    expect(cache.statistics(parcels)).toEqual({ hits: 1, misses: 1, entries: 2, staleFillsRefused: 0 });
    expect(cache.statistics(depots)).toEqual({ hits: 0, misses: 0, entries: 0, staleFillsRefused: 0 });
  });

  it('bounds single mappings by settings of their own, which win where they say something', async () => {
    let time = 1;
    cache = new LruEntityCache({
      settings: { maxEntries: 1, ttlMs: 10 },
      overrides: new Map([[depots, { maxEntries: 2 }]]),
      clock: { now: () => time },
    });
    await store(parcels, '1', '2');
    await store(depots, '1', '2', '3');
    expect(await kept(parcels, '1', '2')).toEqual(['2']);
    expect(await kept(depots, '1', '2', '3')).toEqual(['2', '3']);
    time += 11;
    expect(await kept(depots, '2', '3')).toEqual([]);
  });

  it('is not reached by later changes of the options that it was made from', async () => {
    const overrides = new Map([[depots, { maxEntries: 1 }]]);
    cache = new LruEntityCache({ overrides });
    overrides.clear();
    await store(depots, '1', '2');
    expect(await kept(depots, '1', '2')).toEqual(['2']);
  });
});
