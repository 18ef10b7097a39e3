import { poolUse, type Queryable } from '@uno/postgres';

/**
 * How many connections of its pool a call may use right now: whoever is waiting comes first, and one is left to whoever
 * comes next.
 *
 * @param own - connections that the call uses already, or waits for
 */
export function spareConnections(db: Queryable, own: number): number {
  const use = poolUse(db);
  if (use === undefined) return Number.POSITIVE_INFINITY;
  // A call waits for a moment for an idle connection, too, and must not take itself for somebody else then.
  const others = Math.max(0, use.total - use.idle + use.waiting - own);
  return use.max - others - 1;
}
