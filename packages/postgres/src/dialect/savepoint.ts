import { CompiledQuery } from 'kysely';
import type { Queryable } from './queryable.js';
import type { Guard } from './statement-guard.js';
import type { GuardedQuery } from './text-query.js';
import { ROLLBACK_LIMIT_MS } from './time-limits.js';

let savepoints = 0;

/** A name that no other savepoint of this process has. */
export function savepointName(): string {
  return `uno_${++savepoints}`;
}

/** Runs a command without parameters, or several in one round trip. */
export async function command(db: Queryable, sql: string, guard?: Guard): Promise<void> {
  const query: GuardedQuery = { ...CompiledQuery.raw(sql), guard };
  await db.getExecutor().executeQuery(query);
}

/** Takes back what happened since a savepoint, which stays. It is waited for as long as for a ROLLBACK. */
export function rollbackTo(db: Queryable, name: string): Promise<void> {
  return command(db, `rollback to ${name}`, { limitMs: ROLLBACK_LIMIT_MS });
}
