/** What was done to rows. */
export type WriteKind = 'insert' | 'update' | 'upsert' | 'delete' | 'sync';

/** Rows of a table that are, or may be, different from now on. */
export interface WriteEvent {
  /** The table, with its schema before a dot where the mapping names one. */
  readonly table: string;
  /** The columns that the keys are made of. */
  readonly keyColumns: readonly string[];
  /** The texts of the keys of the rows, or `all` where they are not known. */
  readonly keys: readonly string[] | 'all';
  readonly kind: WriteKind;
  /** `unknown` when the connection was lost during COMMIT: treat it as written. */
  readonly outcome: 'committed' | 'unknown';
}

/**
 * Hears of every write after it was committed, never of one whose transaction was rolled back. A write that only a
 * savepoint undid may be told of when the transaction commits. Called before the call that commits returns. What it throws
 * is a warning of the process.
 *
 * It does not hear of inserts whose keys the database made and nobody asked for: no row had those keys before.
 */
export interface WriteObserver {
  written(event: WriteEvent): void;
}
