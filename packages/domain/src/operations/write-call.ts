import { kindOf, UnoError } from '@uno/postgres';
import { BatchError } from '../errors/batch-error.js';
import { CallbackError } from '../errors/callback-error.js';
import { IndexRanges } from '../errors/index-ranges.js';
import type { RecordName } from '../ports/record-callbacks.js';
import type { FailedRecord } from '../ports/record-outcome.js';

/** What an error has to say of its call. */
export interface CallName {
  readonly operation: string;
  readonly entity: string;
}

/** Thrown inside of a call for what ends it, with the record at fault; the call makes the error of it that callers see. */
export class EndOfCall extends Error {
  override readonly name = 'EndOfCall';
  readonly record: RecordName;
  /** Records that had been left out before, in a part of the call that is not certain. */
  readonly failures: readonly FailedRecord[];
  override readonly cause: UnoError;

  constructor(record: RecordName, cause: UnoError, failures: readonly FailedRecord[] = []) {
    super(cause.message);
    this.record = record;
    this.cause = cause;
    this.failures = failures;
  }

  /** The same, with the records that a part of the call had left out, which nobody else remembers when it is rolled back. */
  after(failures: readonly FailedRecord[]): EndOfCall {
    return new EndOfCall(this.record, this.cause, joined(failures, this.failures));
  }
}

/** Thrown inside of a call when no statement of a transaction failed and COMMIT was refused, as by a deferred constraint. */
export class RefusedAtCommit extends EndOfCall {
  constructor(cause: UnoError, failures: readonly FailedRecord[] = []) {
    super({ index: undefined, key: undefined }, cause, failures);
  }

  override after(failures: readonly FailedRecord[]): RefusedAtCommit {
    return new RefusedAtCommit(this.cause, joined(failures, this.failures));
  }
}

function joined(earlier: readonly FailedRecord[], later: readonly FailedRecord[]): FailedRecord[] {
  const known = new Set(later);
  return [...earlier.filter((one) => !known.has(one)), ...later];
}

/**
 * What a caller sees for what ended a call: a {@link BatchError} when a record is at fault or a part of the call is
 * written all the same, else the error itself.
 *
 * @param total - records in the source, or taken from it so far
 * @param ledger - what is certain
 * @param unknown - what may be written or not
 */
export function endOfCall(
  error: unknown,
  call: CallName & { readonly total: number },
  ledger: { readonly written: IndexRanges; readonly failures: readonly FailedRecord[] },
  unknown: IndexRanges = new IndexRanges(),
): unknown {
  const partly = ledger.written.size + unknown.size > 0;
  const named = error instanceof EndOfCall;
  if (!named && !partly) return error;
  const cause = named ? error.cause : error;
  return new BatchError({
    ...call,
    ...(named ? error.record : { index: undefined, key: undefined }),
    cause: UnoError.is(cause) ? cause : new CallbackError('chunk function', cause ?? new Error(kindOf(cause))),
    written: ledger.written,
    unknown,
    failures: [...ledger.failures, ...(named ? error.failures : [])].sort((a, b) => a.index - b.index),
  });
}
