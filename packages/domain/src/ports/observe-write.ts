import { CommitUnknownError, ConnectionError, type Queryable, scopeOf } from '@uno/postgres';
import type { AnyMapping } from '../mapping/entity-mapping.js';
import { type KeyTexts, keyText } from '../mapping/key.js';
import type { WriteEvent, WriteKind, WriteObserver } from './write-observer.js';

/** Where a write goes and who hears of it. */
export interface WriteTarget {
  readonly mapping: AnyMapping;
  readonly db: Queryable;
  readonly observers: readonly WriteObserver[];
}

/** What a write gives to its caller, and the keys of the rows that it touched. */
export interface WrittenRows<T> {
  readonly result: T;
  /** `all` when there are too many to keep. */
  readonly keys: readonly KeyTexts[] | 'all';
}

/**
 * Runs a write and tells the observers of it: at once when it has been committed by itself, at the end of the
 * transaction that it was made in, never when that is rolled back. When the connection is lost nobody knows what was
 * written, so everything may have been.
 */
export async function observeWrite<T>(
  target: WriteTarget,
  kind: WriteKind,
  write: () => Promise<WrittenRows<T>>,
): Promise<T> {
  const { mapping, db, observers } = target;
  const publish = (keys: WriteEvent['keys'], outcome: WriteEvent['outcome']) => {
    const keyColumns = mapping.keyFields.map((field) => field.column);
    const event: WriteEvent = { table: mapping.tableName, keyColumns, keys, kind, outcome };
    for (const observer of observers) tell(observer, event);
  };
  let written: WrittenRows<T>;
  try {
    written = await write();
  } catch (error) {
    if (mayBeWritten(error, db.isTransaction)) publish('all', 'unknown');
    throw error;
  }
  if (observers.length === 0 || written.keys.length === 0) return written.result;
  const keys = mapping.hasTextKey && written.keys !== 'all' ? written.keys.map(keyText) : ('all' as const);
  const scope = await scopeOf(db);
  if (scope === undefined) publish(keys, 'committed');
  else {
    scope.onEnd((outcome) => {
      if (outcome !== 'rolled-back') publish(keys, outcome);
    });
  }
  return written.result;
}

/** What is committed stays so, whatever an observer makes of it. */
function tell(observer: WriteObserver, event: WriteEvent): void {
  try {
    observer.written(event);
  } catch (thrown) {
    process.emitWarning(`An observer of writes threw, when it was told of ${event.table}.`, {
      type: 'UnoWarning',
      code: 'UNO_OBSERVER',
      detail: thrown instanceof Error ? (thrown.stack ?? thrown.name) : String(thrown),
    });
  }
}

/** Only what commits by itself, on a connection that was lost before it said so: a transaction is undone with its own. */
function mayBeWritten(error: unknown, inTransaction: boolean): boolean {
  if (error instanceof CommitUnknownError) return true;
  return error instanceof ConnectionError && error.retry === 'if-idempotent' && !inTransaction;
}
