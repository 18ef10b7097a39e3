import { describe, expect, it } from '@jest/globals';
import { type CacheSettings, defaultCacheSettings, LruEntityCache, mostEntries } from '@uno/cache';
import { ConfigError } from '@uno/postgres';
import { resolveCacheSettings } from '../src/cache-settings.js';
import { parcels } from './support/parcels.js';

/** Settings as they come from code that TypeScript has not checked. */
function unchecked(settings: object): CacheSettings {
  return settings;
}

describe('cache settings', () => {
  it('are 10,000 entities for as long as they are not written, where nothing is said', () => {
    expect(resolveCacheSettings({})).toEqual({ maxEntries: 10_000, ttlMs: Number.POSITIVE_INFINITY });
    expect(resolveCacheSettings({})).toEqual(defaultCacheSettings);
  });

  it('take 1 and the most there may be', () => {
    expect(resolveCacheSettings({ maxEntries: 1, ttlMs: 1 })).toEqual({ maxEntries: 1, ttlMs: 1 });
    expect(resolveCacheSettings({ maxEntries: mostEntries }).maxEntries).toBe(mostEntries);
  });

  it('win over those below where they say something, and undefined says nothing', () => {
    const base = resolveCacheSettings({ maxEntries: 5, ttlMs: 70 });
    expect(resolveCacheSettings({ maxEntries: undefined, ttlMs: 9 }, base)).toEqual({ maxEntries: 5, ttlMs: 9 });
    expect(resolveCacheSettings({ ttlMs: Number.POSITIVE_INFINITY }, base).ttlMs).toBe(Number.POSITIVE_INFINITY);
  });

  it('cannot be changed, neither those resolved nor the defaults', () => {
    expect(Object.isFrozen(resolveCacheSettings({ maxEntries: 3 }))).toBe(true);
    expect(Object.isFrozen(defaultCacheSettings)).toBe(true);
  });

  it.each([
    ['maxEntries', 0],
    ['maxEntries', -1],
    ['maxEntries', 1.5],
    ['maxEntries', Number.NaN],
    ['maxEntries', Number.POSITIVE_INFINITY],
    ['maxEntries', mostEntries + 1],
    ['maxEntries', '10'],
    ['maxEntries', null],
    ['ttlMs', 0],
    ['ttlMs', -5],
    ['ttlMs', 0.5],
    ['ttlMs', Number.NaN],
    ['ttlMs', Number.NEGATIVE_INFINITY],
    ['ttlMs', '1s'],
    ['ttlMs', null],
  ])('refuse %s of %p, saying what is allowed', (name, value) => {
    const make = () => new LruEntityCache({ settings: unchecked({ [name]: value }) });
    expect(make).toThrow(ConfigError);
    expect(make).toThrow(`The cache setting ${name} is a whole number from 1`);
  });

  it('refuse a name that there is not, listing those that there are', () => {
    const make = () => new LruEntityCache({ settings: unchecked({ maxEntires: 5 }) });
    expect(make).toThrow(ConfigError);
    expect(make).toThrow('The cache has no setting "maxEntires". Known are: maxEntries, ttlMs.');
  });

  it('are checked for single mappings too, when the cache is made', () => {
    const overrides = new Map([[parcels, { maxEntries: 0 }]]);
    expect(() => new LruEntityCache({ overrides })).toThrow(ConfigError);
  });
});
