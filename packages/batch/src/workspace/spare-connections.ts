import { poolUse, type Queryable } from '@uno/postgres';

/**
 * How many connections of its pool a call may use right now: whoever is waiting comes first, and one is left to whoever
 * comes next.
 *
 * @param own - connections that the call uses already
 */
export function spareConnections(db: Queryable, own: number): number {
  const use = poolUse(db);
  if (use === undefined) return Number.POSITIVE_INFINITY;
  const others = Math.max(0, use.total - use.idle - own) + use.waiting;
  return use.max - others - 1;
}
