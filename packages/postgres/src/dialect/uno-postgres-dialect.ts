import {
  type DatabaseIntrospector,
  type Dialect,
  type DialectAdapter,
  type Driver,
  type Kysely,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryCompiler,
} from 'kysely';
import type { PgPool } from './pool-port.js';
import { UnoPostgresAdapter } from './uno-postgres-adapter.js';
import { UnoPostgresDriver } from './uno-postgres-driver.js';

/**
 * Kysely's PostgreSQL dialect over connections that uno understands: errors are {@link UnoError}s, prepared statements
 * and raw text results are possible, and the end of every transaction is known. Queries of your own run on it as they
 * do on Kysely's `PostgresDialect`.
 *
 * @example
 * ```ts
 * const db = new Kysely<Database>({ dialect: new UnoPostgresDialect({ pool: new Pool({ connectionString }) }) });
 * ```
 */
export class UnoPostgresDialect implements Dialect {
  readonly #pool: PgPool;

  /** @param config - `pool` is a `pg` pool; it is ended by `db.destroy()` */
  constructor(config: { readonly pool: PgPool }) {
    this.#pool = config.pool;
  }

  createDriver(): Driver {
    return new UnoPostgresDriver(this.#pool);
  }

  createQueryCompiler(): QueryCompiler {
    return new PostgresQueryCompiler();
  }

  createAdapter(): DialectAdapter {
    return new UnoPostgresAdapter(this.#pool);
  }

  // biome-ignore lint/suspicious/noExplicitAny: the signature of Kysely's Dialect interface
  createIntrospector(db: Kysely<any>): DatabaseIntrospector {
    return new PostgresIntrospector(db);
  }
}
