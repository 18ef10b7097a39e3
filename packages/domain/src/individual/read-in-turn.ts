import { blamesRecord } from '../errors/batch-error.js';
import { CallbackError } from '../errors/callback-error.js';
import type { Deadline } from '../operations/deadline.js';
import { EndOfCall } from '../operations/write-call.js';
import type { RecordCallbacks } from '../ports/record-callbacks.js';
import type { FailedRecord } from '../ports/record-outcome.js';

/** Records that were read: those that are to be written, and what became of the others. */
export interface ReadInTurn<R> {
  readonly ready: { readonly record: R; readonly index: number }[];
  /** Positions of those that `preProcess` left out. */
  readonly dropped: number[];
  readonly refused: FailedRecord[];
}

/** What is done with records before the first of them is written. */
export interface Reading<R> {
  readonly records: readonly R[];
  readonly preProcess: RecordCallbacks['preProcess'];
  readonly skips: boolean;
  readonly deadline: Deadline;
  keyOf(record: R): string | undefined;
  check(record: R, index: number): void;
}

/**
 * Does to records one after the other what can be done before any is written, as in the batch operations: so the same
 * record is named, and what is refused here counts first.
 *
 * @throws EndOfCall for a record at fault, where such records are not left out
 */
export async function readInTurn<R>(reading: Reading<R>): Promise<ReadInTurn<R>> {
  const { records, preProcess, skips } = reading;
  const read: ReadInTurn<R> = { ready: [], dropped: [], refused: [] };
  for (const [index, given] of records.entries()) {
    let record = given;
    try {
      if (preProcess !== undefined && isObject(given)) {
        const processed = await preProcessed(reading, preProcess, given, index);
        if (processed === null) {
          read.dropped.push(index);
          continue;
        }
        record = processed;
      }
      reading.check(record, index);
      read.ready.push({ record, index });
    } catch (error) {
      if (!blamesRecord(error)) throw error;
      const key = reading.keyOf(record);
      if (!skips) throw new EndOfCall({ index, key }, error);
      read.refused.push({ index, key, status: 'failed', error });
    }
  }
  return read;
}

async function preProcessed<R>(
  { deadline }: Reading<R>,
  preProcess: NonNullable<RecordCallbacks['preProcess']>,
  record: R & object,
  index: number,
): Promise<R | null> {
  try {
    // Async, so that it is a promise too when it throws at once. What it gives is checked like the caller's own records.
    return (await deadline.race((async () => preProcess(record, index))())) as R | null;
  } catch (cause) {
    deadline.check();
    throw new CallbackError('preProcess', cause);
  }
}

function isObject<R>(record: R): record is R & object {
  return typeof record === 'object' && record !== null;
}
