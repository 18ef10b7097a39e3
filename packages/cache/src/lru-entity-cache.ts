import type { AnyMapping, EntityCache, EntityCacheRegion, WriteEvent, WriteObserver } from '@uno/domain';
import { type CacheSettings, checkCacheSettings } from './cache-settings.js';
import type { CacheStatistics } from './cache-statistics.js';
import { LruCacheRegion } from './lru-cache-region.js';

/** What {@link LruEntityCache} takes. */
export interface LruEntityCacheOptions {
  /** For every mapping. */
  readonly settings?: CacheSettings | undefined;
  /** For single mappings; they win over `settings`. */
  readonly overrides?: ReadonlyMap<AnyMapping, CacheSettings> | undefined;
}

/**
 * Keeps entities in this process, the least recently used of each mapping go first. It hears of every write and forgets
 * what was written, after the commit and never for a transaction that was rolled back.
 *
 * It keeps values, not objects: what a caller does to an entity changes nothing here.
 *
 * @example
 * ```ts
 * const cache = new LruEntityCache({ settings: { maxEntries: 50_000 } });
 * const context = new UnoContext({ db, cache, observers: [cache] });
 * ```
 */
export class LruEntityCache implements EntityCache, WriteObserver {
  readonly #settings: CacheSettings;
  readonly #overrides: ReadonlyMap<AnyMapping, CacheSettings>;
  readonly #regions = new Map<AnyMapping, LruCacheRegion>();

  /** @throws ConfigError for a setting that is unknown or out of range */
  constructor(options: LruEntityCacheOptions = {}) {
    this.#settings = checkCacheSettings(options.settings ?? {});
    this.#overrides = new Map(
      [...(options.overrides ?? [])].map(([mapping, settings]) => [mapping, checkCacheSettings(settings)] as const),
    );
  }

  region(mapping: AnyMapping): EntityCacheRegion {
    return this.#region(mapping);
  }

  /** Several mappings may share a table; all of them forget the rows, and everything where their keys are others. */
  written(event: WriteEvent): void {
    for (const [mapping, region] of this.#regions) {
      if (mapping.tableName !== event.table) continue;
      const sameKey =
        mapping.keyFields.length === event.keyColumns.length &&
        mapping.keyFields.every((field, i) => field.column === event.keyColumns[i]);
      region.invalidate(sameKey ? event.keys : 'all');
    }
  }

  /** Forgets everything. */
  clear(): void {
    for (const region of this.#regions.values()) region.invalidate('all');
  }

  /** What the cache has done for one mapping. */
  statistics(mapping: AnyMapping): CacheStatistics {
    return this.#region(mapping).statistics();
  }

  #region(mapping: AnyMapping): LruCacheRegion {
    let region = this.#regions.get(mapping);
    if (region === undefined) {
      region = new LruCacheRegion({ ...this.#settings, ...this.#overrides.get(mapping) });
      this.#regions.set(mapping, region);
    }
    return region;
  }
}
