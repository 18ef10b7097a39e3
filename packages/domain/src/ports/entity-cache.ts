import type { AnyMapping, Snapshot } from '../mapping/entity-mapping.js';

/** A value, or a promise of it where the cache is not in this process. */
export type Awaitable<T> = T | PromiseLike<T>;

/** Marks the moment before a read, so that what it finds is not stored when it was overwritten meanwhile. */
export interface FillTicket {
  /** Stores what the read found, except for keys that were invalidated since the ticket was issued. */
  fill(entries: Iterable<readonly [key: string, snapshot: Snapshot]>): Awaitable<void>;
  /** Has to be called when the read is over, whether it succeeded or not. */
  close(): void;
}

/** The cached entities of one mapping, by the text of their keys. */
export interface EntityCacheRegion {
  /** The snapshots in the order of the keys; `undefined` for what is not cached. */
  lookup(keys: readonly string[]): Awaitable<readonly (Snapshot | undefined)[]>;
  /** Called before the database is read. */
  openTicket(): FillTicket;
}

/** The entity cache port. An implementation also observes writes and forgets what they touched. */
export interface EntityCache {
  region(mapping: AnyMapping): EntityCacheRegion;
}
