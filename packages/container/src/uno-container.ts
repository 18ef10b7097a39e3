import 'reflect-metadata';
import { BatchOperationsPort } from '@uno/batch';
import { LruEntityCache } from '@uno/cache';
import { UnitOfWork, UnoContext, UnoDBRepository } from '@uno/domain';
import { type PgPool, UnoPostgresDialect } from '@uno/postgres';
import { Container, ContainerModule } from 'inversify';
import { Kysely } from 'kysely';
import { checkContainerConfig } from './check-config.js';
import { namedEntities, namedRepositories } from './config-entries.js';
import { defaultMaxConnections, type UnoContainerConfig } from './container-config.js';
import { openPool } from './open-pool.js';
import { kyselyToken, repositoryOf } from './tokens.js';

/** An Inversify container with everything that repositories need, which closes what it opened. */
export class UnoContainer extends Container {
  readonly #close: () => Promise<void>;
  #closed: Promise<void> | undefined;

  /** Use {@link createUnoContainer}. */
  constructor(close: () => Promise<void>) {
    super({ defaultScope: 'Singleton' });
    this.#close = close;
  }

  /**
   * Deactivates all services, then waits for the queries and units of work that are under way and closes the
   * connections. Safe to call again; await it before the process ends.
   *
   * @throws what the first `@preDestroy` that fails throws. The connections are closed all the same, and Inversify does
   * not wait for the other services then, so let none fail.
   */
  dispose(): Promise<void> {
    this.#closed ??= this.unbindAllAsync().finally(this.#close);
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }
}

/**
 * Wires repositories: the database, batch operations, the entity cache, units of work, and the classes that are given.
 * Nothing connects before the first query.
 *
 * @throws ConfigError that lists every fault of the configuration
 * @throws Inversify's error for a class whose constructor does not say by decorators what it needs
 * @example
 * ```ts
 * const container = createUnoContainer({
 *   database: { connectionString },
 *   repositories: [CityRepository, { repository: CountryRepository, useBatchOperations: false }],
 *   services: [GazetteerService],
 * });
 * const service = container.get(GazetteerService);
 * // …
 * await container.dispose();
 * ```
 */
export function createUnoContainer(config: UnoContainerConfig): UnoContainer {
  checkContainerConfig(config);
  const cache = cacheOf(config);
  const batch =
    config.batch === false ? undefined : new BatchOperationsPort({ logger: config.logger, ...config.batch });
  const { pool, maxConnections, owned } = poolOf(config);
  const db = new Kysely<unknown>({ dialect: new UnoPostgresDialect({ pool }) });
  const context = new UnoContext({
    db,
    batch,
    cache,
    observers: cache === undefined ? [] : [cache],
    settings: config.settings,
    overrides: new Map(namedRepositories(config).map(({ repository, settings }) => [repository, settings])),
    // One connection at least is left to others.
    readConcurrency: Math.max(1, Math.min(4, maxConnections - 1)),
    pageKey: config.pageKey,
  });
  const container = new UnoContainer(async () => {
    if (owned) await pool.end();
  });
  container.load(unoModule(config, db, context, { cache, batch }));
  return container;
}

function unoModule(
  config: UnoContainerConfig,
  db: Kysely<unknown>,
  context: UnoContext,
  { cache, batch }: { readonly cache: LruEntityCache | undefined; readonly batch: BatchOperationsPort | undefined },
): ContainerModule {
  return new ContainerModule(({ bind }) => {
    bind(kyselyToken).toConstantValue(db);
    bind(UnoContext).toConstantValue(context);
    bind(UnitOfWork).toConstantValue(new UnitOfWork(context));
    if (batch !== undefined) bind(BatchOperationsPort).toConstantValue(batch);
    if (cache !== undefined) bind(LruEntityCache).toConstantValue(cache);
    for (const { repository } of namedRepositories(config)) bind(repository).toSelf().inSingletonScope();
    for (const { mapping, settings } of namedEntities(config)) {
      bind(repositoryOf(mapping)).toConstantValue(new UnoDBRepository(context, mapping, settings));
    }
    for (const service of config.services ?? []) bind(service).toSelf().inSingletonScope();
  });
}

function cacheOf({ cache }: UnoContainerConfig): LruEntityCache | undefined {
  if (cache === false) return undefined;
  const { entities, ...settings } = cache ?? {};
  return new LruEntityCache({ settings, overrides: entities });
}

function poolOf({ database, logger }: UnoContainerConfig): { pool: PgPool; maxConnections: number; owned: boolean } {
  const owned = !('pool' in database);
  const pool = owned ? openPool(database, logger) : database.pool;
  return { pool, maxConnections: pool.options?.max ?? defaultMaxConnections, owned };
}
