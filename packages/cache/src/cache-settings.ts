import { ConfigError } from '@uno/postgres';

/** Bounds of the entities of one mapping that are kept in memory. What is `undefined` is not said. */
export interface CacheSettings {
  /**
   * Entities at most, from 1 to {@link mostEntries}; the least recently used go first. Default
   * {@link defaultCacheSettings}. Up to 45 bytes for each are taken at once; the entities come on top.
   */
  readonly maxEntries?: number | undefined;
  /** Milliseconds after which an entity is read again, from 1; Infinity, the default, keeps it until it is written. */
  readonly ttlMs?: number | undefined;
}

/** {@link CacheSettings} with everything said and checked. */
export interface ResolvedCacheSettings {
  readonly maxEntries: number;
  readonly ttlMs: number;
}

/** What holds where nothing is said. */
export const defaultCacheSettings: ResolvedCacheSettings = Object.freeze({
  maxEntries: 10_000,
  ttlMs: Number.POSITIVE_INFINITY,
});

/** A JavaScript Map holds 16 million entries and then throws. */
export const mostEntries = 10_000_000;

const known: readonly string[] = Object.keys(defaultCacheSettings);

/**
 * Puts settings over others. Neither are changed.
 *
 * @throws ConfigError for a setting that is unknown or out of range
 */
export function resolveCacheSettings(
  settings: CacheSettings,
  base: ResolvedCacheSettings = defaultCacheSettings,
): ResolvedCacheSettings {
  for (const name of Object.keys(settings)) {
    if (!known.includes(name)) {
      throw new ConfigError(`The cache has no setting "${name}". Known are: ${known.join(', ')}.`);
    }
  }
  const { maxEntries = base.maxEntries, ttlMs = base.ttlMs } = settings;
  if (!Number.isSafeInteger(maxEntries) || maxEntries < 1 || maxEntries > mostEntries) {
    throw new ConfigError(`The cache setting maxEntries is a whole number from 1 to ${mostEntries}.`);
  }
  if (ttlMs !== Number.POSITIVE_INFINITY && (!Number.isSafeInteger(ttlMs) || ttlMs < 1)) {
    throw new ConfigError('The cache setting ttlMs is a whole number from 1, or Infinity.');
  }
  return Object.freeze({ maxEntries, ttlMs });
}
