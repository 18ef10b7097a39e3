import 'reflect-metadata';
import { BatchOperationsPort } from '@uno/batch';
import { LruEntityCache } from '@uno/cache';
import { type RepositorySettings, UnitOfWork, UnoContext, UnoDBRepository } from '@uno/domain';
import { type PgPool, UnoPostgresDialect } from '@uno/postgres';
import { Container, ContainerModule } from 'inversify';
import { Kysely } from 'kysely';
import pg from 'pg';
import { checkContainerConfig, classOf, isEntityEntry, mappingOfEntry } from './check-config.js';
import type { ConnectionSettings, UnoContainerConfig } from './container-config.js';
import { kyselyToken, repositoryOf } from './tokens.js';

const defaultMaxConnections = 10;
const defaultConnectTimeoutMs = 10_000;

/** An Inversify container with everything that repositories need, which closes what it opened. */
export class UnoContainer extends Container {
  readonly #close: () => Promise<void>;
  #closed: Promise<void> | undefined;

  /** Use {@link createUnoContainer}. */
  constructor(close: () => Promise<void>) {
    super({ defaultScope: 'Singleton' });
    this.#close = close;
  }

  /** Deactivates all services, then closes the connections. Safe to call again; await it before the process ends. */
  dispose(): Promise<void> {
    this.#closed ??= this.unbindAllAsync().then(this.#close);
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
  const batch = config.batch === false ? undefined : new BatchOperationsPort(config.batch);
  const { pool, maxConnections, owned } = poolOf(config);
  const db = new Kysely<unknown>({ dialect: new UnoPostgresDialect({ pool }) });
  const context = new UnoContext({
    db,
    batch,
    cache,
    observers: cache === undefined ? [] : [cache],
    settings: config.settings,
    overrides: overridesOf(config),
    // One connection at least is left to others.
    readConcurrency: Math.max(1, Math.min(4, maxConnections - 1)),
  });
  const container = new UnoContainer(async () => {
    if (owned) await pool.end();
  });
  container.load(unoModule(config, db, context, cache));
  return container;
}

function unoModule(
  config: UnoContainerConfig,
  db: Kysely<unknown>,
  context: UnoContext,
  cache: LruEntityCache | undefined,
): ContainerModule {
  return new ContainerModule(({ bind }) => {
    bind(kyselyToken).toConstantValue(db);
    bind(UnoContext).toConstantValue(context);
    bind(UnitOfWork).toConstantValue(new UnitOfWork(context));
    if (cache !== undefined) bind(LruEntityCache).toConstantValue(cache);
    for (const entry of config.repositories ?? []) bind(classOf(entry)).toSelf().inSingletonScope();
    for (const entry of config.entities ?? []) {
      const mapping = mappingOfEntry(entry);
      bind(repositoryOf(mapping)).toConstantValue(new UnoDBRepository(context, mapping));
    }
    for (const service of config.services ?? []) bind(service).toSelf().inSingletonScope();
  });
}

/** What single repositories are told by the configuration, by the class that says which they are. */
function overridesOf(config: UnoContainerConfig): Map<unknown, RepositorySettings> {
  const overrides = new Map<unknown, RepositorySettings>();
  for (const entry of config.repositories ?? []) {
    if (typeof entry === 'function') continue;
    const { repository, ...settings } = entry;
    overrides.set(repository, settings);
  }
  for (const entry of config.entities ?? []) {
    if (!isEntityEntry(entry)) continue;
    const { mapping, ...settings } = entry;
    overrides.set(mapping.entity, settings);
  }
  return overrides;
}

function cacheOf({ cache }: UnoContainerConfig): LruEntityCache | undefined {
  if (cache === false) return undefined;
  const { entities, ...settings } = cache ?? {};
  return new LruEntityCache({ settings, overrides: entities });
}

function poolOf(config: UnoContainerConfig): { pool: PgPool; maxConnections: number; owned: boolean } {
  const { database, logger } = config;
  if ('pool' in database) {
    return { pool: database.pool, maxConnections: database.pool.options?.max ?? defaultMaxConnections, owned: false };
  }
  const { maxConnections = defaultMaxConnections } = database;
  const pool = openPool(database, maxConnections);
  // Without a listener, a server that goes away takes the process with it. The next query reports it to its caller.
  pool.on('error', (error) => logger?.warn({ err: error }, 'An idle connection to PostgreSQL was lost.'));
  return { pool, maxConnections, owned: true };
}

function openPool(database: ConnectionSettings, max: number): pg.Pool {
  return new pg.Pool({
    connectionString: database.connectionString,
    max,
    connectionTimeoutMillis: database.connectTimeoutMs ?? defaultConnectTimeoutMs,
    application_name: 'uno',
  });
}
