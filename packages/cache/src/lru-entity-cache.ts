import type { AnyMapping, EntityCache, EntityCacheRegion, WriteEvent, WriteObserver } from '@uno/domain';
import { type CacheSettings, type ResolvedCacheSettings, resolveCacheSettings } from './cache-settings.js';
import type { CacheStatistics } from './cache-statistics.js';
import type { Clock } from './clock.js';
import { LruCacheRegion } from './lru-cache-region.js';

/** What {@link LruEntityCache} takes. */
export interface LruEntityCacheOptions {
  /** For every mapping. */
  readonly settings?: CacheSettings | undefined;
  /** For single mappings; they win over `settings` where they say something. */
  readonly overrides?: ReadonlyMap<AnyMapping, CacheSettings> | undefined;
  /** What `ttlMs` is measured with. Default `performance`. */
  readonly clock?: Clock | undefined;
}

/**
 * Keeps entities in this process, the least recently used of each mapping go first. It hears of every write that goes
 * through uno and forgets what was written, after the commit and never for a transaction that was rolled back. Of other
 * writes (SQL of your own, triggers, cascades, other processes) it hears nothing: `ttlMs` bounds how long they go unseen,
 * and `clear` ends it.
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
  readonly #settings: ResolvedCacheSettings;
  readonly #overrides: ReadonlyMap<AnyMapping, ResolvedCacheSettings>;
  readonly #clock: Clock;
  readonly #regions = new Map<AnyMapping, LruCacheRegion>();

  /** @throws ConfigError for a setting that is unknown or out of range */
  constructor(options: LruEntityCacheOptions = {}) {
    const settings = resolveCacheSettings(options.settings ?? {});
    this.#settings = settings;
    this.#overrides = new Map(
      [...(options.overrides ?? [])].map(([mapping, own]) => [mapping, resolveCacheSettings(own, settings)] as const),
    );
    this.#clock = options.clock ?? performance;
  }

  region(mapping: AnyMapping): EntityCacheRegion {
    return this.#region(mapping);
  }

  /** Several mappings may share a table; all of them forget the rows, and everything where their keys are others. */
  written(event: WriteEvent): void {
    for (const [mapping, region] of this.#regions) {
      if (mayBeTable(mapping, event.table)) region.invalidate(hasKey(mapping, event.keyColumns) ? event.keys : 'all');
    }
  }

  /** Forgets everything, and what reads that are under way find. */
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
      region = new LruCacheRegion(this.#overrides.get(mapping) ?? this.#settings, this.#clock);
      this.#regions.set(mapping, region);
    }
    return region;
  }
}

/**
 * Whether a mapping may lie in a table. One of them may name the schema where the other leaves it to the search path,
 * which only the database knows, so a table without a schema is taken for that of every schema.
 */
function mayBeTable(mapping: AnyMapping, table: string): boolean {
  if (mapping.tableName === table) return true;
  const own = mapping.tablePath.at(-1);
  const isQualified = mapping.tablePath.length > 1;
  // A table's own name has no dot; a schema's may.
  return isQualified ? own === table : table.endsWith(`.${own}`);
}

function hasKey(mapping: AnyMapping, columns: readonly string[]): boolean {
  return (
    mapping.keyFields.length === columns.length && mapping.keyFields.every(({ column }, i) => column === columns[i])
  );
}
