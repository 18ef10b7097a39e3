export { type CacheSettings, defaultMaxEntries } from './cache-settings.js';
export type { CacheStatistics } from './cache-statistics.js';
export { LruEntityCache, type LruEntityCacheOptions } from './lru-entity-cache.js';
