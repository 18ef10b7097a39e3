export {
  type CacheSettings,
  defaultCacheSettings,
  mostEntries,
  type ResolvedCacheSettings,
} from './cache-settings.js';
export type { CacheStatistics } from './cache-statistics.js';
export type { Clock } from './clock.js';
export { LruEntityCache, type LruEntityCacheOptions } from './lru-entity-cache.js';
