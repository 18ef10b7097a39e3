import {
  type AnyMapping,
  type BatchUpdateFields,
  type BatchWriteOptions,
  type FieldName,
  flag,
  type IncrementableField,
  listOfFields,
  type OptionRules,
  type UpdatableField,
  updateFieldRules,
  type WriteObserver,
  writeOptionRules,
} from '@uno/domain';
import type { Queryable } from '@uno/postgres';
import type { BatchConfig } from '../config/batch-config.js';
import type { BatchMetrics } from '../metrics/batch-metrics.js';

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

/** Options of `batchInsert`. */
export interface BatchInsertOptions extends BatchWriteCall {
  /** `true` gives the stored entities, too. */
  readonly returnModels?: boolean | undefined;
}

/** Options of `batchUpdate`. */
export interface BatchUpdateOptions<M extends AnyMapping, I extends IncrementableField<M> = IncrementableField<M>>
  extends BatchWriteCall,
    BatchUpdateFields<M, I> {}

/** Options of `batchUpsert`. */
export interface BatchUpsertOptions<M extends AnyMapping> extends BatchInsertOptions {
  /** The fields whose unique constraint tells whether a record is there already; the key if not said. */
  readonly constraintColumns?: readonly FieldName<M>[] | undefined;
  /** What to write where it is; all other fields of the records if not said, nothing if empty. */
  readonly updateColumns?: readonly UpdatableField<M>[] | undefined;
}

const writeRules: OptionRules<BatchWriteCall> = { ...writeOptionRules, outcomes: flag };
export const deleteRules: OptionRules<BatchWriteCall> = writeRules;
export const insertRules: OptionRules<BatchInsertOptions> = { ...writeRules, returnModels: flag };
export const updateRules: OptionRules<BatchUpdateOptions<AnyMapping>> = { ...writeRules, ...updateFieldRules };
export const upsertRules: OptionRules<BatchUpsertOptions<AnyMapping>> = {
  ...insertRules,
  constraintColumns: listOfFields,
  updateColumns: listOfFields,
};
