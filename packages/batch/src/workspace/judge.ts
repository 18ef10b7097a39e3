import { blamesRecord, EndOfCall } from '@uno/domain';
import { sqlstateOf, UnoError } from '@uno/postgres';
import { AmbiguousKeysError } from '../engine/ambiguous-keys-error.js';
import type { Verdict } from '../engine/batch-job.js';

/** What a failed write is about. */
export function judgeWrite(error: unknown): Verdict {
  if (error instanceof EndOfCall) return 'call';
  if (error instanceof AmbiguousKeysError || blamesRecord(error)) return 'record';
  // A fault of our own, such as a TypeError.
  if (!UnoError.is(error)) return 'machinery';
  // Too much for one statement was found out before it was sent; the server's own lack of resources has an SQLSTATE.
  if (error.code === 'UNO_RESOURCE') return sqlstateOf(error) === undefined ? 'record' : 'call';
  // PostgreSQL does not take the set-based statement for this table, and may take the plain one.
  return error.code === 'UNO_STATEMENT' && error.retry === 'never' ? 'machinery' : 'call';
}
