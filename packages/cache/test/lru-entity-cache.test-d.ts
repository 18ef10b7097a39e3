import { type CacheSettings, type Clock, LruEntityCache, type ResolvedCacheSettings } from '@uno/cache';
import type { EntityCache, WriteObserver } from '@uno/domain';
import { expectTypeOf } from 'expect-type';
import { Depot, parcels } from './support/parcels.js';

// It is both ports of the domain.
expectTypeOf<LruEntityCache>().toExtend<EntityCache>();
expectTypeOf<LruEntityCache>().toExtend<WriteObserver>();

// What can be given.
new LruEntityCache();
new LruEntityCache({ settings: { maxEntries: 5, ttlMs: undefined } });
new LruEntityCache({ overrides: new Map([[parcels, { ttlMs: 1000 }]]), clock: performance });
expectTypeOf<ResolvedCacheSettings>().toExtend<CacheSettings>();
expectTypeOf<DateConstructor>().toExtend<Clock>();

// @ts-expect-error there is no such setting
new LruEntityCache({ settings: { max: 5 } });
// @ts-expect-error a setting has another type
new LruEntityCache({ settings: { maxEntries: '5' } });
// @ts-expect-error settings of single mappings are by mapping, not by class
new LruEntityCache({ overrides: new Map([[Depot, { maxEntries: 5 }]]) });
// @ts-expect-error statistics are by mapping, not by class
new LruEntityCache().statistics(Depot);
