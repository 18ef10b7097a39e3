import type { AnyMapping } from '../mapping/entity-mapping.js';
import type { FieldName } from '../mapping/inferred-types.js';
import type { BatchCallOptions, BatchWriteOptions } from '../ports/call-options.js';
import type { Filters, OrderBy } from '../query/filter.js';
import type { RowLock } from '../query/row-lock.js';
import type { CheckedLoad, LoadRelations } from '../relations/load-relations.js';

/** Options of `get`. */
export interface GetOptions<M extends AnyMapping, L extends LoadRelations<M>> {
  /** Relations to load too: `true` for all, names and paths, or a tree that says how. */
  readonly loadRelations?: CheckedLoad<M, L>;
  /** `false` reads past the entity cache. */
  readonly useCache?: boolean;
  /** Locks the row until the transaction ends; only in one. Relations are not locked. */
  readonly lock?: RowLock;
}

/** The fields to read, or `undefined` for whole entities. */
export type FieldList<M extends AnyMapping> = readonly FieldName<M>[] | undefined;

/** Options of `findOne`. */
export interface FindOptions<M extends AnyMapping, L extends LoadRelations<M>, F extends FieldList<M> = undefined> {
  readonly filters?: Filters<M>;
  readonly orderBy?: readonly OrderBy<M>[];
  /** Rows to leave out first. */
  readonly offset?: number;
  /** Relations to load too. */
  readonly loadRelations?: CheckedLoad<M, L>;
  /** Only these, as plain objects, rather than entities; not together with relations. */
  readonly fields?: F;
  /** Locks the rows until the transaction ends; only in one. Relations are not locked. */
  readonly lock?: RowLock;
}

/** Options of `list`. */
export interface ListOptions<M extends AnyMapping, L extends LoadRelations<M>, F extends FieldList<M> = undefined>
  extends FindOptions<M, L, F> {
  /** Rows at most; 0 gives none. Without it, all of them. */
  readonly limit?: number;
}

/** Options of batch methods that read. */
export interface BatchReadOptions extends BatchCallOptions {
  /** `false` works record by record, for this call. */
  readonly useBatchOperations?: boolean | undefined;
}

/** Options of `batchGet`. */
export interface BatchGetOptions<M extends AnyMapping, L extends LoadRelations<M>> extends BatchReadOptions {
  readonly loadRelations?: CheckedLoad<M, L>;
  /** `false` reads past the entity cache. */
  readonly useCache?: boolean;
  /** What to do about keys without a row: leave them out (the default), or throw a NotFoundError that names them. */
  readonly onMissing?: 'omit' | 'throw';
}

/** Options of batch methods that write. */
export interface BatchOptions extends BatchWriteOptions {
  /** `false` works record by record, for this call. */
  readonly useBatchOperations?: boolean | undefined;
  /** `skip` leaves records out, and so has to be asked together with `outcomes: true`, which tells which. */
  readonly onRecordError?: 'abort' | undefined;
  readonly maxFailures?: undefined;
  readonly outcomes?: false | undefined;
}

/** The same, telling what became of every record. */
export interface BatchOutcomeOptions extends BatchWriteOptions {
  readonly useBatchOperations?: boolean | undefined;
  /** The result is what became of every record, beside the totals. */
  readonly outcomes: true;
}
