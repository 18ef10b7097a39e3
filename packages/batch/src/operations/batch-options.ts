import {
  type AnyMapping,
  type BatchUpdateFields,
  type BatchWriteOptions,
  callback,
  type FieldName,
  flag,
  type IncrementableField,
  listOfFields,
  type NewRecord,
  type OptionRules,
  oneOf,
  type UpdatableField,
  updateFieldRules,
  type WriteObserver,
  writeOptionRules,
} from '@uno/domain';
import type { Queryable } from '@uno/postgres';
import type { RawBuilder } from 'kysely';
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
  /** Whether what is read by key goes to a cache of the caller's, so that none has to be advised. Default `false`. */
  readonly isCached?: boolean | undefined;
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
   * nothing but keys has to come back, the table can take it, and a chunk has 2,000 records or more; or a megabyte, where chunks may be so large or their size is found out.
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
  /** The fields whose unique constraint or index tells whether a record is there already; the key if not said. */
  readonly constraintColumns?: readonly FieldName<M>[] | undefined;
  /** The same by the name of the constraint or index, which may be over expressions or about some rows only. */
  readonly constraint?: string | undefined;
  /** What to write where it is; all other fields of the records if not said. */
  readonly updateColumns?: readonly UpdatableField<M>[] | undefined;
  /**
   * What becomes of a row that is there: `update` (if not said), or `nothing`. With `returnModels: true` the second is
   * "insert or get".
   */
  readonly onConflict?: 'update' | 'nothing' | undefined;
  /** `false` writes rows, too, that already are as asked: for triggers that have to fire. Default `true`. */
  readonly skipUnchanged?: boolean | undefined;
  /**
   * What has to hold for a row that is there to be updated, made by Kysely's `sql`; otherwise it is `unchanged`.
   *
   * @example `updateWhere: ({ current, proposed }) => sql`${current.seen} < ${proposed.seen}``
   */
  readonly updateWhere?: ((rows: ConflictRows<M>) => RawBuilder<unknown>) | undefined;
  /**
   * Which of several records of one row counts: the `last` (if not said) works as if they were written one after the other,
   * the `first` leaves the others out, `error` makes each further one a failure, and a function makes one of two. Unless it
   * is `last`, a stream is read to its end before anything is sent.
   */
  readonly duplicates?:
    | 'last'
    | 'first'
    | 'error'
    | ((earlier: NewRecord<M>, later: NewRecord<M>) => NewRecord<M>)
    | undefined;
}

/** The columns of a row that is there, and of the record that conflicts with it, by their fields. */
export interface ConflictRows<M extends AnyMapping> {
  readonly current: Readonly<Record<FieldName<M>, RawBuilder<unknown>>>;
  readonly proposed: Readonly<Record<FieldName<M>, RawBuilder<unknown>>>;
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
  constraint: { takes: 'the name of a unique constraint or index', allows: (value) => typeof value === 'string' },
  updateColumns: listOfFields,
  onConflict: oneOf('update', 'nothing'),
  skipUnchanged: flag,
  updateWhere: callback,
  duplicates: {
    takes: 'one of last, first, error, or a function',
    allows: (value) => typeof value === 'function' || ['last', 'first', 'error'].includes(String(value)),
  },
};
