import { AsyncLocalStorage } from 'node:async_hooks';
import { ConfigError, type Queryable, requireUnoDialect } from '@uno/postgres';
import { PageCursors } from '../pages/page-cursors.js';
import type { BatchPort } from '../ports/batch-port.js';
import type { EntityCache } from '../ports/entity-cache.js';
import type { WriteObserver } from '../ports/write-observer.js';
import { mergeSettings, type RepositorySettings } from './repository-settings.js';

/** What repositories are made of. */
export interface UnoContextOptions {
  /** A Kysely database over `UnoPostgresDialect`. */
  readonly db: Queryable;
  /** Without one, batch methods work record by record. */
  readonly batch?: BatchPort | undefined;
  /** Without one, every read goes to the database. */
  readonly cache?: EntityCache | undefined;
  /** Told of every write after it was committed; the cache is usually among them. */
  readonly observers?: readonly WriteObserver[] | undefined;
  /** For all repositories. */
  readonly settings?: RepositorySettings | undefined;
  /** For single repository classes; they win over what the class says itself. */
  readonly overrides?: ReadonlyMap<unknown, RepositorySettings> | undefined;
  /** Reads of one call that may run side by side, from 1; leave some of the pool to others. Default 4. */
  readonly readConcurrency?: number | undefined;
  /**
   * The secret by which cursors of pages are signed, of 16 bytes or more: the same in all processes that serve one client.
   * Without one, each process has a random one, and refuses the cursors of others.
   */
  readonly pageKey?: string | Uint8Array | undefined;
}

interface Ambient {
  readonly db: Queryable;
  ended: boolean;
}

/**
 * What all repositories of a database share: the connection, the ports, the settings, and which transaction the current
 * asynchronous call runs in.
 *
 * @example
 * ```ts
 * const repository = new CityRepository(new UnoContext({ db }));
 * ```
 */
export class UnoContext {
  readonly batch: BatchPort | undefined;
  readonly cache: EntityCache | undefined;
  readonly observers: readonly WriteObserver[];
  readonly readConcurrency: number;
  /** Makes the cursors of pages. */
  readonly cursors: PageCursors;
  readonly #db: Queryable;
  readonly #settings: RepositorySettings | undefined;
  readonly #overrides: ReadonlyMap<unknown, RepositorySettings>;
  readonly #ambient = new AsyncLocalStorage<Ambient>();

  /** @throws ConfigError for another Kysely dialect, or settings that are wrong */
  constructor(options: UnoContextOptions) {
    requireUnoDialect(options.db);
    this.#db = options.db;
    this.batch = options.batch;
    this.cache = options.cache;
    this.observers = Object.freeze([...(options.observers ?? [])]);
    this.readConcurrency = options.readConcurrency ?? 4;
    if (!Number.isSafeInteger(this.readConcurrency) || this.readConcurrency < 1) {
      throw new ConfigError(`UnoContext: readConcurrency is a whole number from 1, not ${this.readConcurrency}.`);
    }
    this.cursors = new PageCursors(options.pageKey);
    this.#settings = mergeSettings('UnoContext settings', options.settings);
    this.#overrides = new Map(options.overrides);
    for (const settings of this.#overrides.values()) mergeSettings('UnoContext overrides', settings);
  }

  /**
   * The transaction of the unit of work that the caller runs in, or else the database.
   *
   * @throws ConfigError in code that outlived its unit of work
   */
  current(): Queryable {
    const ambient = this.#ambient.getStore();
    if (ambient?.ended) {
      throw new ConfigError(
        'This code runs on after its unit of work has ended. Await everything that is started in one.',
      );
    }
    return ambient?.db ?? this.#db;
  }

  /** Runs a function whose repositories, and those of what it calls, use a transaction. Use `UnitOfWork` instead. */
  async runWith<T>(db: Queryable, run: () => Promise<T>): Promise<T> {
    const ambient: Ambient = { db, ended: false };
    try {
      return await this.#ambient.run(ambient, run);
    } finally {
      ambient.ended = true;
    }
  }

  /** The settings of a repository class, of which the ones given are its own. */
  settingsOf(repository: { readonly name: string }, own: RepositorySettings): RepositorySettings {
    return mergeSettings(repository.name, this.#settings, own, this.#overrides.get(repository));
  }
}
