import {
  type AnyMapping,
  type BatchUpdateFields,
  type BatchWriteOptions,
  type FieldName,
  flag,
  type IncrementableField,
  listOfFields,
  type OptionRules,
  oneOf,
  type UpdatableField,
  updateFieldRules,
  type WriteObserver,
  writeOptionRules,
} from '@uno/domain';
import type { Queryable } from '@uno/postgres';
import type { BatchConfig } from '../config/batch-config.js';
import type { BatchMetrics } from '../metrics/batch-metrics.js';
import type { InsertTransport } from './insert-way.js';

/** What {@link BatchOperations} is made of. */
export interface BatchOperationsOptions<M extends AnyMapping> {
  /** The mapping of the table. */
  readonly table: M;
  /** A Kysely database over `UnoPostgresDialect`, or a transaction of it that everything joins. */
  readonly db: Queryable;
  readonly config?: BatchConfig | undefined;
  /** Told of every write after it was committed, such as an entity cache. */
  readonly observers?: readonly WriteObserver[] | undefined;
  /** Where the calls are counted, if several are to be counted together; its own ones if not said. */
  readonly metrics?: BatchMetrics | undefined;
}

/** Options of every write. */
export interface BatchWriteCall extends BatchWriteOptions {
  /** `true` gives what became of every record, too. */
  readonly outcomes?: boolean | undefined;
}

/** Options of writes that can give entities. */
export interface BatchModelsCall extends BatchWriteCall {
  /** `true` gives the stored entities, too. */
  readonly returnModels?: boolean | undefined;
}

/** Options of `batchInsert`. */
export interface BatchInsertOptions extends BatchModelsCall {
  /** `true` gives the keys, too, which costs much less than the entities. */
  readonly returnKeys?: boolean | undefined;
  /**
   * How the records travel: by COPY, or as one array a column, taken apart by `unnest`. By itself (`auto`) it is COPY where
   * nothing but keys has to come back, the table can take it, and a chunk has 500 records or more.
   */
  readonly transport?: InsertTransport | undefined;
}

/** Options of `batchDelete`: with models, the entities are as they were. */
export type BatchDeleteOptions = BatchModelsCall;

/** Options of `batchUpdate`. */
export interface BatchUpdateOptions<M extends AnyMapping, I extends IncrementableField<M> = IncrementableField<M>>
  extends BatchWriteCall,
    BatchUpdateFields<M, I> {}

/** Options of `batchUpsert`. */
export interface BatchUpsertOptions<M extends AnyMapping> extends BatchModelsCall {
  /** The fields whose unique constraint tells whether a record is there already; the key if not said. */
  readonly constraintColumns?: readonly FieldName<M>[] | undefined;
  /** What to write where it is; all other fields of the records if not said, nothing if empty. */
  readonly updateColumns?: readonly UpdatableField<M>[] | undefined;
}

const writeRules: OptionRules<BatchWriteCall> = { ...writeOptionRules, outcomes: flag };
const modelRules: OptionRules<BatchModelsCall> = { ...writeRules, returnModels: flag };
export const deleteRules: OptionRules<BatchDeleteOptions> = modelRules;
export const insertRules: OptionRules<BatchInsertOptions> = {
  ...modelRules,
  returnKeys: flag,
  transport: oneOf('auto', 'copy', 'unnest'),
};
/** Which fields there are is for the mapping to say. */
export const updateRules: OptionRules<BatchUpdateOptions<AnyMapping>> = { ...writeRules, ...updateFieldRules };
export const upsertRules: OptionRules<BatchUpsertOptions<AnyMapping>> = {
  ...modelRules,
  constraintColumns: listOfFields,
  updateColumns: listOfFields,
};
