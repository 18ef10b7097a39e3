import type { Logger } from '@uno/batch';
import type { PgPool } from '@uno/postgres';
import pg from 'pg';
import { type ConnectionSettings, defaultConnectTimeoutMs, defaultMaxConnections } from './container-config.js';

/** A pool that connects when it is first asked for a connection, and survives the loss of those that it has. */
export function openPool(settings: ConnectionSettings, logger: Logger | undefined): PgPool {
  const pool = new pg.Pool({
    connectionString: settings.connectionString,
    max: settings.maxConnections ?? defaultMaxConnections,
    connectionTimeoutMillis: settings.connectTimeoutMs ?? defaultConnectTimeoutMs,
    application_name: 'uno',
  });
  // Without a listener, a server that goes away takes the process with it. The next query tells its caller. (Of the
  // connections that are in use, the dialect takes care.)
  pool.on('error', (error) => logger?.warn({ err: error }, 'An idle connection to PostgreSQL was lost.'));
  return pool;
}
