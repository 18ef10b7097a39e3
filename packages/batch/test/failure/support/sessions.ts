import { until } from '../../support/until.js';
import type { Yard } from './yard.js';

/** How many sessions on the database of a yard wait for a lock. */
export async function waiting(yard: Yard): Promise<number> {
  const { rows } = await yard.observer.query<{ n: number }>(
    `select count(*)::int as n from pg_stat_activity
     where datname = current_database() and wait_event_type = 'Lock' and state = 'active'`,
  );
  return rows[0]?.n ?? -1;
}

/** Waits until some session waits for a lock. */
export function untilWaiting(yard: Yard, sessions = 1): Promise<void> {
  return until(`${sessions} sessions wait for a lock`, async () => (await waiting(yard)) >= sessions);
}

/** Sessions of the database that hold a transaction open, or run something, besides those of the test itself. */
export async function busy(yard: Yard, ...own: readonly number[]): Promise<string[]> {
  const { rows } = await yard.observer.query<{ state: string; query: string }>(
    `select state, query from pg_stat_activity
     where datname = current_database() and state <> 'idle' and pid <> pg_backend_pid() and pid <> all($1)`,
    [own],
  );
  return rows.map(({ state, query }) => `${state}: ${query}`);
}
