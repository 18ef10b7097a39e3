import type { EntityCacheRegion, FillTicket, Snapshot } from '@uno/domain';
import { LRUCache } from 'lru-cache';
import type { ResolvedCacheSettings } from './cache-settings.js';
import type { CacheStatistics } from './cache-statistics.js';
import type { Clock } from './clock.js';
import { OpenTicket } from './open-ticket.js';

/** A ticket of a cache in memory, which stores at once. */
export interface LruFillTicket extends FillTicket {
  fill(entries: Iterable<readonly [key: string, snapshot: Snapshot]>): void;
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
  readonly #maxEntries: number;
  readonly #entries: LRUCache<string, Snapshot>;
  readonly #tickets = new Set<OpenTicket>();
  #hits = 0;
  #misses = 0;
  #staleFillsRefused = 0;

  constructor({ maxEntries, ttlMs }: ResolvedCacheSettings, clock: Clock) {
    this.#maxEntries = maxEntries;
    // Resolution 0 asks the clock every time, instead of a timer that remembers its answer for a while.
    const time = ttlMs === Number.POSITIVE_INFINITY ? {} : { ttl: ttlMs, ttlResolution: 0, perf: clock };
    this.#entries = new LRUCache({ max: maxEntries, ...time });
  }

  lookup(keys: readonly string[]): readonly (Snapshot | undefined)[] {
    return keys.map((key) => {
      const found = this.#entries.get(key);
      if (found === undefined) this.#misses++;
      else this.#hits++;
      return found;
    });
  }

  openTicket(): LruFillTicket {
    const ticket = new OpenTicket(this.#maxEntries);
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
    for (const ticket of this.#tickets) ticket.invalidate(keys);
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
