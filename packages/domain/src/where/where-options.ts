import type { AnyMapping } from '../mapping/entity-mapping.js';
import type { FieldValue, IncrementableField, UpdatableField, VersionField } from '../mapping/inferred-types.js';
import type { UpdateOptions } from '../mapping/update-plan.js';
import {
  callOptionRules,
  flag,
  type OptionRules,
  updateFieldRules,
  wholeNumberFrom,
} from '../operations/option-rules.js';

/**
 * What `updateWhere` writes to every row: `null` writes NULL, `undefined` leaves a field alone.
 *
 * @typeParam I - the fields whose values are added to what is there, which takes no `null`
 */
export type FieldChanges<M extends AnyMapping, I extends IncrementableField<M> = never> = {
  readonly [F in UpdatableField<M>]?: FieldValue<M, F> | undefined;
} & {
  readonly [F in I]?: Exclude<FieldValue<M, F>, null> | undefined;
};

/** Options of writes by filter. */
export interface WriteWhereOptions {
  /** `true` says that every row of the table is meant; no filter may be given then. Without it, one has to be. */
  readonly all?: boolean | undefined;
  /**
   * Rows at most in one statement, from 1: the rows are written in the order of their keys, each chunk in a transaction of
   * its own. Without it, all are written by one statement. In a transaction of the caller, chunks are savepoints.
   */
  readonly chunkSize?: number | undefined;
  /** Milliseconds after which the call is cancelled on the server and fails with an OperationTimeoutError. */
  readonly timeoutMs?: number | undefined;
  /** Cancels the call on the server; it fails with a CanceledError then. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of `updateWhere`. */
export interface UpdateWhereOptions<M extends AnyMapping, I extends IncrementableField<M> = IncrementableField<M>>
  extends WriteWhereOptions {
  /** Fields whose values are added to what is in the table: numbers only. What is NULL stays so. */
  readonly increment?: readonly I[] | undefined;
  /** The field that counts the versions of a row: it is increased by 1 in every row that is written. */
  readonly version?: VersionField<M> | undefined;
  /** `false` writes rows, too, that already are as asked: for triggers that have to fire. Default `true`. */
  readonly skipUnchanged?: boolean | undefined;
}

/** The same for code that works on all mappings. */
export interface UpdateWhereCall extends WriteWhereOptions, Omit<UpdateOptions, 'fields'> {}

/** What `updateWhere` has done. */
export interface UpdatedWhere {
  /** Rows that were written. Those that already were as asked are not among them. */
  readonly updated: number;
}

/** What `removeWhere` has done. */
export interface RemovedWhere {
  readonly removed: number;
}

export const removeWhereRules: OptionRules<WriteWhereOptions> = {
  all: flag,
  chunkSize: wholeNumberFrom(1),
  timeoutMs: callOptionRules.timeoutMs,
  signal: callOptionRules.signal,
};

export const updateWhereRules: OptionRules<UpdateWhereCall> = {
  ...removeWhereRules,
  increment: updateFieldRules.increment,
  version: updateFieldRules.version,
  skipUnchanged: updateFieldRules.skipUnchanged,
};
