import { PostgresAdapter } from 'kysely';
import type { PgPool } from './pool-port.js';

/** Kysely's adapter for PostgreSQL; its class tells that the connections are uno's. A database's transactions share it. */
export class UnoPostgresAdapter extends PostgresAdapter {
  /** Where the connections come from. */
  readonly pool: PgPool;

  constructor(pool: PgPool) {
    super();
    this.pool = pool;
  }
}
