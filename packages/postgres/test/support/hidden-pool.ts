import pg from 'pg';
import type { PgPool } from '../../src/index.js';

/** A pool that shows no more of `pg` than uno cannot do without, such as one in a wrapper. */
export function hiddenPool(connectionString: string): PgPool {
  const pool = new pg.Pool({ connectionString });
  pool.on('error', () => {});
  return {
    connect: async () => {
      const client = await pool.connect();
      return {
        query: client.query.bind(client),
        on: client.on.bind(client),
        release: (destroy) => client.release(destroy),
      };
    },
    end: () => pool.end(),
  };
}
