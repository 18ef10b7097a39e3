import { ConfigError } from '@uno/postgres';

/** Bounds of the entities of one mapping that are kept in memory. */
export interface CacheSettings {
  /** Entities at most, from 1; the least recently used go first. Default 10,000. */
  readonly maxEntries?: number | undefined;
  /** Milliseconds after which an entity is read again, from 1; `undefined` keeps it until it is written or evicted. */
  readonly ttlMs?: number | undefined;
}

/** What holds where nothing is said: entities. */
export const defaultMaxEntries = 10_000;

const known: readonly string[] = ['maxEntries', 'ttlMs'];

/** @throws ConfigError for a setting that is unknown or out of range */
export function checkCacheSettings(settings: CacheSettings): CacheSettings {
  for (const [name, value] of Object.entries(settings)) {
    if (!known.includes(name)) {
      throw new ConfigError(`The cache has no setting "${name}". Known are: ${known.join(', ')}.`);
    }
    if (value !== undefined && (!Number.isSafeInteger(value) || value < 1)) {
      throw new ConfigError(`The cache setting ${name} is a whole number from 1.`);
    }
  }
  return Object.freeze({ ...settings });
}
