import { ConfigError, kindOf, type Queryable } from '@uno/postgres';

/**
 * Which lock the rows that are read get, until the transaction ends. `update`: nobody else can change, remove or lock
 * them; `share`: nobody else can change or remove them, but others may share the lock. A row that another transaction
 * has locked is waited for, unless it is to be left out (`skipLocked`), or to fail the call with a LockTimeoutError
 * (`noWait`).
 */
export type RowLock =
  | RowLockMode
  | { readonly for: RowLockMode; readonly skipLocked: true; readonly noWait?: never }
  | { readonly for: RowLockMode; readonly noWait: true; readonly skipLocked?: never };

/** See {@link RowLock}. */
export type RowLockMode = 'update' | 'share';

/** Every clause that there is, so that no other text becomes SQL. */
export type LockClause = '' | `for ${RowLockMode}${'' | ' skip locked' | ' nowait'}`;

/**
 * The clause of a lock, for the end of a `select`; nothing for none.
 *
 * @throws ConfigError for what is no lock, and where no transaction would hold it
 */
export function lockClause(operation: string, lock: unknown, db: Queryable): LockClause {
  if (lock === undefined) return '';
  const clause = clauseOf(operation, lock);
  if (db.isTransaction) return clause;
  throw new ConfigError(
    `${operation}: a lock lasts until its transaction ends, and this call is in none. Call it in UnitOfWork.run.`,
  );
}

function clauseOf(operation: string, lock: unknown): LockClause {
  if (isMode(lock)) return `for ${lock}`;
  if (typeof lock === 'object' && lock !== null) {
    const { for: mode, skipLocked, noWait, ...others }: Partial<Record<string, unknown>> = { ...lock };
    if (isMode(mode) && Object.keys(others).length === 0) {
      if (skipLocked === true && noWait === undefined) return `for ${mode} skip locked`;
      if (noWait === true && skipLocked === undefined) return `for ${mode} nowait`;
    }
  }
  throw new ConfigError(
    `${operation}: lock takes 'update', 'share', or an object such as { for: 'update', skipLocked: true } or { for: 'share', noWait: true }, not ${kindOf(lock)}${typeof lock === 'object' && lock !== null ? ' of other properties' : ''}.`,
  );
}

function isMode(mode: unknown): mode is RowLockMode {
  return mode === 'update' || mode === 'share';
}
