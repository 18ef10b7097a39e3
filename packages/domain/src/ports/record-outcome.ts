import type { UnoError } from '@uno/postgres';

/** What became of one record of a write. */
export type RecordStatus = 'inserted' | 'updated' | 'unchanged' | 'deleted' | 'skipped' | 'failed';

/** One record of a write: which, and what became of it. */
export interface RecordOutcome {
  /** Its position in the caller's input, from 0. */
  readonly index: number;
  /** Its key as text, where it has one or the database made one. */
  readonly key: string | undefined;
  /**
   * `skipped`: it changed nothing by itself, because no row has its key, an equal key later in the same call took its
   * place, or `preProcess` gave `null` for it.
   */
  readonly status: RecordStatus;
  /** Why it failed. */
  readonly error?: UnoError | undefined;
}

/** A record that failed, and why. */
export interface FailedRecord extends RecordOutcome {
  readonly status: 'failed';
  readonly error: UnoError;
}

/** What became of the records of a write; the counts add up to `total`, the records taken from the source. */
export interface WriteTotals {
  readonly total: number;
  readonly inserted: number;
  readonly updated: number;
  /** Rows that already were as asked, and were not rewritten. */
  readonly unchanged: number;
  readonly deleted: number;
  /** See {@link RecordOutcome.status}. */
  readonly skipped: number;
  /** Records that were left out under `onRecordError: 'skip'`. */
  readonly failed: number;
}

/** The totals of a write, and what a caller ought to know about how it came to them. */
export interface WriteResult extends WriteTotals {
  /** The records that were left out under `onRecordError: 'skip'`, in the order of the input. */
  readonly failures: readonly FailedRecord[];
  /** Records that were done one by one, because the set-based way broke on them; 0 if all is well. */
  readonly individually: number;
}

/** What became of every record, in the order of the input. */
export interface WithOutcomes {
  readonly outcomes: readonly RecordOutcome[];
}
