import { sqlstateOf, type UnoError } from '@uno/postgres';
import { EndOfCall, RefusedAtCommit } from './write-call.js';

/** Makes PostgreSQL check deferred constraints at the end of each statement of a transaction; to be its first statement. */
export const checkAtOnce = { sql: 'set constraints all immediate' } as const;

/**
 * Runs a transaction. When it is only refused by its COMMIT, which names no record, it is run once more with all
 * constraints checked by the statements themselves, so that the records at fault are found there as any others.
 *
 * In that order of things a record may be refused for want of one that would have come after it. So where one record
 * ends the call, it is named only if it was refused for the very reason that COMMIT was.
 *
 * @param skips - whether records at fault are left out
 * @param again - `undefined` where the records are gone
 */
export async function namingRefused<T>(
  skips: boolean,
  first: () => Promise<T>,
  again: (() => Promise<T>) | undefined,
): Promise<T> {
  try {
    return await first();
  } catch (refused) {
    if (!(refused instanceof RefusedAtCommit) || again === undefined) throw refused;
    return again().catch((end: unknown) => {
      if (skips || !(end instanceof EndOfCall)) throw end;
      throw reasonOf(end.cause) === reasonOf(refused.cause) ? end : refused;
    });
  }
}

/** What PostgreSQL said, its detail included, which tells the values in question. */
function reasonOf(error: UnoError): string {
  const { cause } = error;
  const detail: unknown = typeof cause === 'object' && cause !== null && 'detail' in cause ? cause.detail : undefined;
  return JSON.stringify([sqlstateOf(error), error.message, detail]);
}
