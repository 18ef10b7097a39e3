import pg from 'pg';

/**
 * A pool that bears the end of its database: a connection that is being closed may still be told that it is dropped, and
 * without a listener that ends the process.
 */
export function openPool(options: pg.PoolConfig): pg.Pool {
  const pool = new pg.Pool(options);
  pool.on('error', () => undefined);
  return pool;
}
