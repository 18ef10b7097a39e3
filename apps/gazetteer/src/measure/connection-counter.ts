import type { Queryable } from '@uno/postgres';
import { sql } from 'kysely';
import { measuring } from './statement-counter.js';

/** Counts, by what the server itself says, how many connections a piece of work has used. */
export class ConnectionCounter {
  readonly #db: Queryable;

  constructor(db: Queryable) {
    this.#db = db;
  }

  /** Runs something, and looks on from a connection of its own, which is not counted. */
  during<T>(run: () => Promise<T>): Promise<{ readonly result: T; readonly connections: number }> {
    return this.#db.connection().execute(async (own) => {
      // As text, which keeps the microseconds.
      const clock = await sql<{ now: string }>`select ${measuring} clock_timestamp()::text as now`.execute(own);
      const result = await run();
      const { rows } = await sql<{ used: string }>`
        select ${measuring} count(*) as used from pg_stat_activity
        where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()
          and state_change >= ${clock.rows[0]?.now}::timestamptz`.execute(own);
      return { result, connections: Number(rows[0]?.used) };
    });
  }
}
