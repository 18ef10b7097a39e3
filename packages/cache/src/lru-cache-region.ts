import type { EntityCacheRegion, FillTicket, Snapshot } from '@uno/domain';
import { LRUCache } from 'lru-cache';
import { type CacheSettings, defaultMaxEntries } from './cache-settings.js';
import type { CacheStatistics } from './cache-statistics.js';

/** A read that is under way: what was invalidated since it began must not be stored by it. */
class OpenTicket {
  readonly invalidated = new Set<string>();
  allInvalidated = false;

  refuses(key: string): boolean {
    return this.allInvalidated || this.invalidated.has(key);
  }
}

/**
 * The cached entities of one mapping.
 *
 * A reader may have read a row just before somebody wrote it, and store what it read just after the write invalidated
 * it: the old value would be back, for good. So every read takes a ticket first, invalidations are noted on the tickets
 * that are open, and a ticket stores nothing that was invalidated since it was taken. This is the "lease" of Nishtala et
 * al., "Scaling Memcache at Facebook" (2013), section 3.2.1, without the network.
 */
export class LruCacheRegion implements EntityCacheRegion {
  readonly #entries: LRUCache<string, Snapshot>;
  readonly #tickets = new Set<OpenTicket>();
  #hits = 0;
  #misses = 0;
  #staleFillsRefused = 0;

  constructor(settings: CacheSettings) {
    const { maxEntries = defaultMaxEntries, ttlMs } = settings;
    this.#entries = new LRUCache(ttlMs === undefined ? { max: maxEntries } : { max: maxEntries, ttl: ttlMs });
  }

  lookup(keys: readonly string[]): readonly (Snapshot | undefined)[] {
    return keys.map((key) => {
      const found = this.#entries.get(key);
      if (found === undefined) this.#misses++;
      else this.#hits++;
      return found;
    });
  }

  openTicket(): FillTicket {
    const ticket = new OpenTicket();
    this.#tickets.add(ticket);
    return {
      fill: (entries) => {
        // A closed ticket no longer hears of invalidations.
        if (!this.#tickets.has(ticket)) return;
        for (const [key, snapshot] of entries) {
          if (ticket.refuses(key)) this.#staleFillsRefused++;
          else this.#entries.set(key, snapshot);
        }
      },
      close: () => {
        this.#tickets.delete(ticket);
      },
    };
  }

  /** Forgets entities, and what reads that are under way find of them. */
  invalidate(keys: readonly string[] | 'all'): void {
    for (const ticket of this.#tickets) {
      if (keys === 'all') ticket.allInvalidated = true;
      else for (const key of keys) ticket.invalidated.add(key);
    }
    if (keys === 'all') this.#entries.clear();
    else for (const key of keys) this.#entries.delete(key);
  }

  statistics(): CacheStatistics {
    return {
      hits: this.#hits,
      misses: this.#misses,
      entries: this.#entries.size,
      staleFillsRefused: this.#staleFillsRefused,
    };
  }
}
