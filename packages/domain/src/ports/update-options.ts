import type { AnyMapping } from '../mapping/entity-mapping.js';
import type { UpdatableField } from '../mapping/inferred-types.js';

/** Options of `update` and `batchUpdate`. */
export interface UpdateFields<M extends AnyMapping> {
  /** Write only these; without it, all fields of the record that are not `undefined`. */
  readonly fields?: readonly UpdatableField<M>[] | undefined;
}

/** Options of `batchUpdate` besides those of every write. */
export interface BatchUpdateFields<M extends AnyMapping> extends UpdateFields<M> {
  /** `false` writes rows, too, that already are as asked: for triggers that have to fire. Default `true`. */
  readonly skipUnchanged?: boolean | undefined;
}
