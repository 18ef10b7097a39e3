import { asBatchError, RowSuppressedError } from '@uno/domain';
import { atomically, isRecordFault, type Queryable, ValidationError } from '@uno/postgres';
import type { WorkItem } from '../shapes/work-item.js';
import { AmbiguousKeysError } from './ambiguous-keys-error.js';
import { nameOf } from './name-of.js';
import { inTurn, type WorkUnit } from './work-unit.js';

/** What an error has to say besides the record. */
export interface About {
  readonly operation: string;
  readonly entity: string;
  readonly total: number;
}

/**
 * Writes all units or none, and names the record that makes that impossible.
 *
 * The first attempt is the fast one: no savepoints but the one that a caller's transaction needs. When it fails for what
 * may be a record's fault, it is rolled back and everything is done again with care: each unit behind a savepoint, and
 * the one that fails halved until a single record is left. That record is what doing them one by one would have failed
 * on, since all before it are in place. It costs about log2(batchSize) statements more than the first attempt.
 *
 * @returns the results by unit, in order
 * @throws BatchError, or the error itself when it is no record's fault
 */
export async function runUnits<T>(db: Queryable, units: readonly WorkUnit<T>[], about: About): Promise<T[]> {
  const [first, ...others] = units;
  if (first === undefined) return [];
  try {
    if (!db.isTransaction && others.length === 0 && first.isOneStatement()) return await first.write(db, first.items);
    return await atomically(db, (transaction) => inTurn(units, (unit) => unit.write(transaction, unit.items)));
  } catch (error) {
    // A value that was refused before it was sent names its record itself.
    if (!mayBeOneRecord(error) || (error instanceof ValidationError && error.index !== undefined)) throw error;
    const [only, ...more] = units.flatMap((unit) => unit.items);
    if (only !== undefined && more.length === 0) {
      throw asBatchError(error, { ...about, ...nameOf(only) });
    }
  }
  return carefully(db, units, about);
}

async function carefully<T>(db: Queryable, units: readonly WorkUnit<T>[], about: About): Promise<T[]> {
  try {
    return await atomically(db, (transaction) =>
      inTurn(units, (unit) => halving(transaction, unit, unit.items, about)),
    );
  } catch (error) {
    // What no statement failed on fails at COMMIT, such as a deferred constraint.
    throw asBatchError(error, { ...about, index: undefined, key: undefined });
  }
}

async function halving<T>(db: Queryable, unit: WorkUnit<T>, items: readonly WorkItem[], about: About): Promise<T[]> {
  try {
    return await atomically(db, (savepoint) => unit.write(savepoint, items));
  } catch (error) {
    if (!mayBeOneRecord(error)) throw error;
    const [only, ...more] = items;
    if (only !== undefined && more.length === 0) throw asBatchError(error, { ...about, ...nameOf(only) });
  }
  const middle = Math.ceil(items.length / 2);
  const left = await halving(db, unit, items.slice(0, middle), about);
  return left.concat(await halving(db, unit, items.slice(middle), about));
}

function mayBeOneRecord(error: unknown): boolean {
  return error instanceof RowSuppressedError || error instanceof AmbiguousKeysError || isRecordFault(error);
}
