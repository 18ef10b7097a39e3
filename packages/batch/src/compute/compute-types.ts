import type {
  AnyMapping,
  FailedRecord,
  FieldValue,
  Filters,
  IndexRanges,
  KeyOf,
  Loaded,
  UpdatableField,
} from '@uno/domain';
import type { BatchSource } from '../source/batch-source.js';

/** Rows by key. Positions are those of the keys. */
export interface ComputeKeys<M extends AnyMapping> {
  readonly keys: BatchSource<KeyOf<M>>;
  readonly filters?: undefined;
}

/**
 * The rows that a filter finds, in the order of the key; `{ filters: {} }` for the whole table. Positions count the rows
 * in that order.
 */
export interface ComputeRows<M extends AnyMapping> {
  readonly filters: Filters<M>;
  readonly keys?: undefined;
}

/** Which rows are computed. */
export type ComputeSource<M extends AnyMapping> = ComputeKeys<M> | ComputeRows<M>;

/** What a compute function is told besides its entity. */
export interface ComputeContext {
  /** The position of the record in the source, from 0. */
  readonly index: number;
  /** Aborted when the call is cancelled, out of time, or over: stop then, nobody wants the value any more. */
  readonly signal: AbortSignal;
}

/**
 * Computes something of one row, at once or later. The entity is the function's own: it may be changed, and given back.
 * What it throws is the failure of that record.
 */
export type ComputeFunction<M extends AnyMapping, R> = (
  entity: Loaded<M>,
  context: ComputeContext,
) => R | PromiseLike<R>;

/** What can be written back to a row: any of its fields but the key; `undefined` leaves a field alone. */
export type ComputePatch<M extends AnyMapping> = {
  readonly [F in UpdatableField<M>]?: FieldValue<M, F> | undefined;
};

/** Fields of a value that cannot be written. An entity has its key and more besides, and may be given as it is. */
type Excess<M extends AnyMapping, R> =
  R extends Loaded<M> ? never : R extends object ? Exclude<keyof R & string, UpdatableField<M>> : never;

/** Refuses what TypeScript lets pass in the results of functions: a field that there is not, next to others. */
export type CheckedPatch<M extends AnyMapping, R> = [Excess<M, R>] extends [never]
  ? unknown
  : { readonly writeBack: { readonly error: 'not a field that can be updated'; readonly field: Excess<M, R> } };

/** What became of the records; `computed + skipped + failed` is `total`, the records taken from the source. */
export interface ComputeTotals {
  readonly total: number;
  readonly computed: number;
  /** Keys that have no row. */
  readonly skipped: number;
  /** Records that were left out under `onRecordError: 'skip'`. */
  readonly failed: number;
  readonly failures: readonly FailedRecord[];
  /** The positions of the keys that have no row. */
  readonly missing: IndexRanges;
}

/** What the function gave. */
export interface WithResults<T> {
  /**
   * In the order of the source. Of keys, one for each key: `undefined` where there is no row, or the record failed. Of
   * filtered rows, one for each row that did not fail.
   */
  readonly results: T[];
}
