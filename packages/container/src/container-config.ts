import type { BatchConfig, Logger } from '@uno/batch';
import type { CacheSettings } from '@uno/cache';
import type { AnyMapping, RepositorySettings, UnoDBRepository } from '@uno/domain';
import type { PgPool } from '@uno/postgres';
import type { Newable } from 'inversify';

/** Connections of a pool that nothing else is said of; `pg` has the same. */
export const defaultMaxConnections = 10;
/** How long a query waits for a connection where nothing is said: milliseconds. */
export const defaultConnectTimeoutMs = 10_000;

/** A database that the container connects to, and disconnects from when it is disposed. */
export interface ConnectionSettings {
  /** `postgres://user:password@host:port/database`. */
  readonly connectionString: string;
  /** Connections at most, from 1. Default {@link defaultMaxConnections}. */
  readonly maxConnections?: number | undefined;
  /** Milliseconds to wait for a connection, from 1. Default {@link defaultConnectTimeoutMs}. */
  readonly connectTimeoutMs?: number | undefined;
}

/** A `pg` pool of yours; the container uses it and leaves it open. */
export interface PoolSettings {
  readonly pool: PgPool;
}

/** A class of repository; it names its own mapping. (Its methods speak of its own entity, not of any.) */
export type RepositoryClass = Newable<Pick<UnoDBRepository<AnyMapping>, 'mapping' | 'settings'>>;

/** A repository class with settings that win over those in its code. */
export interface RepositoryEntry extends RepositorySettings {
  readonly repository: RepositoryClass;
}

/** An entity that needs no class of repository: a plain one is made, found under `repositoryOf(mapping)`. */
export interface EntityEntry extends RepositorySettings {
  readonly mapping: AnyMapping;
}

/** What {@link createUnoContainer} takes. */
export interface UnoContainerConfig {
  readonly database: ConnectionSettings | PoolSettings;
  /** Repository classes, injectable; each is made once. */
  readonly repositories?: readonly (RepositoryClass | RepositoryEntry)[] | undefined;
  /** Mappings that get a plain repository. */
  readonly entities?: readonly (AnyMapping | EntityEntry)[] | undefined;
  /** Classes of yours, injectable; each is made once. */
  readonly services?: readonly Newable[] | undefined;
  /** For all repositories, unless their class or their entry here says otherwise. */
  readonly settings?: RepositorySettings | undefined;
  /** `false` leaves batch operations out: everything works record by record. */
  readonly batch?: BatchConfig | false | undefined;
  /** `false` leaves the cache out. `entities` are settings of single mappings. */
  readonly cache?:
    | (CacheSettings & { readonly entities?: ReadonlyMap<AnyMapping, CacheSettings> | undefined })
    | false
    | undefined;
  /**
   * The secret by which cursors of pages are signed, of 16 bytes or more: the same in all processes that serve one client.
   * Without one, each process has a random one, and refuses the cursors of others.
   */
  readonly pageKey?: string | Uint8Array | undefined;
  /** Told when an idle connection is lost, and by the batch operations, unless `batch` names another one. */
  readonly logger?: Logger | undefined;
}
