import { type Queryable, requireUnoDialect } from './queryable.js';
import { UnoPostgresAdapter } from './uno-postgres-adapter.js';

/** How many connections of a pool are in use at this moment. */
export interface PoolUse {
  /** How many it may open. */
  readonly max: number;
  /** How many it has, also those that are being opened. */
  readonly total: number;
  /** How many of those nobody uses. */
  readonly idle: number;
  /** How many callers wait for one. */
  readonly waiting: number;
}

/**
 * What the pool of a database, or of a transaction's database, has to spare at this moment. By the time somebody acts on
 * it, it may have changed: a hint for how much to do at a time, no promise.
 *
 * @returns `undefined` when the pool does not say
 * @throws ConfigError when the Kysely instance does not use {@link UnoPostgresDialect}
 * @example
 * ```ts
 * const use = poolUse(db);
 * const spare = use === undefined || use.waiting > 0 ? 0 : use.max - use.total + use.idle;
 * ```
 */
export function poolUse(db: Queryable): PoolUse | undefined {
  requireUnoDialect(db);
  const { adapter } = db.getExecutor();
  if (!(adapter instanceof UnoPostgresAdapter)) return undefined;
  const { options, totalCount: total, idleCount: idle, waitingCount: waiting } = adapter.pool;
  const max = options?.max;
  if (max === undefined || total === undefined || idle === undefined || waiting === undefined) return undefined;
  return { max, total, idle, waiting };
}
