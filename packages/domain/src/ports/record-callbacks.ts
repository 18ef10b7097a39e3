import type { UnoError } from '@uno/postgres';
import type { RecordOutcome } from './record-outcome.js';

/** A record for an error: its position in the caller's input and its key. */
export interface RecordName {
  readonly index: number | undefined;
  readonly key: string | undefined;
}

/** Functions of the caller's that hear of the records of a batch, whichever way they are done. */
export interface RecordCallbacks {
  /**
   * Called with every record that is to be inserted, updated or upserted, before it is checked; gives the record to
   * write instead, or `null` to leave it out, which counts as skipped. What it throws is that record's failure.
   */
  readonly preProcess?: ((record: object, index: number) => object | null | PromiseLike<object | null>) | undefined;
  /**
   * Called with every record that did not fail, and its entity if entities are asked for. Under `atomicity: 'all'` that
   * is before the commit, and again if the transaction has to be repeated; what it throws rolls back.
   */
  readonly postProcess?: ((outcome: RecordOutcome, model: object | undefined) => void | PromiseLike<void>) | undefined;
  /**
   * Told once of every record that is left out under `onRecordError: 'skip'`, with that record, when it is certain; and
   * of the error that ends a call. What it throws fails the call, unless that has failed already.
   */
  readonly onError?: ((error: UnoError, record: RecordName | undefined) => void) | undefined;
}
