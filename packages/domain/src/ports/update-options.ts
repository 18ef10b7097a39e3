import type { AnyMapping } from '../mapping/entity-mapping.js';
import type { IncrementableField, UpdatableField, VersionField } from '../mapping/inferred-types.js';

/**
 * Options of `update` and `batchUpdate`.
 *
 * @typeParam I - the fields that are increments
 */
export interface UpdateFields<M extends AnyMapping, I extends IncrementableField<M> = IncrementableField<M>> {
  /** Write only these, and the increments; without it, all fields of the record that are not `undefined`. */
  readonly fields?: readonly UpdatableField<M>[] | undefined;
  /**
   * Fields whose values are added to what is in the table, in the statement itself: numbers only. What is NULL stays so.
   * It is not repeated after a COMMIT of which nobody knows whether it happened, as it would be added twice.
   */
  readonly increment?: readonly I[] | undefined;
  /**
   * The field that counts the versions of a row, a whole number. Each record has to carry the one that was read: its row
   * is written only if it still has it, and gets the next one. Otherwise the record fails with a StaleEntityError.
   */
  readonly version?: VersionField<M> | undefined;
}

/** Options of `batchUpdate` besides those of every write. */
export interface BatchUpdateFields<M extends AnyMapping, I extends IncrementableField<M> = IncrementableField<M>>
  extends UpdateFields<M, I> {
  /** `false` writes rows, too, that already are as asked: for triggers that have to fire. Default `true`. */
  readonly skipUnchanged?: boolean | undefined;
}
