import {
  type AnyMapping,
  type BatchCallOptions,
  type BatchWriteOptions,
  callOptionRules,
  checkOptions,
  type IncrementableField,
  type IncrementPatch,
  isMapping,
  type KeyOf,
  type Loaded,
  type NewRecord,
  type RecordOperations,
  type RecordPatch,
  resolveCall,
  updatePlan,
  type WithModels,
  type WithOutcomes,
  type WriteKind,
  type WriteObserver,
  type WriteResult,
} from '@uno/domain';
import { ConfigError, kindOf, type Queryable, requireUnoDialect } from '@uno/postgres';
import { type BatchConfig, callDefaults, type ResolvedConfig, resolveBatchConfig } from '../config/batch-config.js';
import { BatchRun } from '../engine/batch-run.js';
import { type CallMaking, withCall } from '../engine/with-call.js';
import { BatchMetrics } from '../metrics/batch-metrics.js';
import type { BatchMetricsSnapshot } from '../metrics/batch-metrics-snapshot.js';
import type { BatchSource } from '../source/batch-source.js';
import { ReadWorkspace } from '../workspace/read-workspace.js';
import { TransactionWorkspace } from '../workspace/transaction-workspace.js';
import {
  type BatchInsertOptions,
  type BatchOperationsOptions,
  type BatchUpdateOptions,
  type BatchUpsertOptions,
  type BatchWriteCall,
  deleteRules,
  insertRules,
  updateRules,
  upsertRules,
} from './batch-options.js';
import { DeleteJob } from './delete-job.js';
import { GetJob } from './get-job.js';
import { InsertJob } from './insert-job.js';
import { UpdateJob } from './update-job.js';
import { upsertColumns } from './upsert-columns.js';
import { UpsertJob } from './upsert-job.js';
import type { WriteJob, WriteJobOptions } from './write-job.js';

/** Says that outcomes are asked for. */
interface Outcomes {
  readonly outcomes: true;
}

/** Says that they are not. */
interface NoOutcomes {
  readonly outcomes?: false | undefined;
}

/** Says that entities are asked for. */
interface Models {
  readonly returnModels: true;
}

/** Says that they are not. */
interface NoModels {
  readonly returnModels?: false | undefined;
}

/** What a write gives, of which a part is there only if it was asked for. */
type Given<M extends AnyMapping> = WriteResult & Partial<WithModels<M>> & Partial<WithOutcomes>;

/**
 * Set-based reads and writes of one table: n records cost about n / batchSize statements, whose text depends only on the
 * table, the operation and the set of columns. Records come from an array, an iterable, an async iterable or a Node
 * stream. A write does all or nothing unless it is asked to commit chunk by chunk: in a transaction of its own, or behind
 * a savepoint in the caller's.
 *
 * Every write gives totals that add up to the records taken from the source; with `outcomes: true` what became of each
 * of them; with `returnModels: true` (insert and upsert) the stored entities in the order of the input.
 *
 * @example
 * ```ts
 * const operations = new BatchOperations({ table: cities, db, config: { batchSize: 5000 } });
 * const { inserted, failures } = await operations.batchInsert(readCities(file), {
 *   strategy: 'pipelined',
 *   onRecordError: 'skip',
 *   maxFailures: 100,
 * });
 * ```
 */
export class BatchOperations<M extends AnyMapping> implements RecordOperations<M> {
  readonly #mapping: M;
  readonly #db: Queryable;
  readonly #config: ResolvedConfig<BatchConfig>;
  readonly #observers: readonly WriteObserver[];
  readonly #metrics: BatchMetrics;

  /** @throws ConfigError for what is no mapping or no Kysely, another Kysely dialect, or a configuration that is wrong */
  constructor(options: BatchOperationsOptions<M>) {
    checkOptions('BatchOperations', options, ['table', 'db', 'config', 'observers', 'metrics']);
    if (!isMapping(options.table)) {
      throw new ConfigError(`BatchOperations: table takes a mapping, not ${kindOf(options.table)}.`);
    }
    requireUnoDialect(options.db);
    this.#mapping = options.table;
    this.#db = options.db;
    this.#config = resolveBatchConfig(options.config ?? {});
    this.#observers = options.observers ?? [];
    this.#metrics = options.metrics ?? new BatchMetrics();
  }

  /** What the calls have done so far, by operation and in total; nothing under `collectMetrics: false`. */
  getMetrics(): BatchMetricsSnapshot {
    return this.#metrics.snapshot();
  }

  /**
   * Entities by key, in the order of the keys; `undefined` where there is no row. One statement a chunk.
   *
   * @throws BatchError for a key of another type
   * @throws CanceledError, OperationTimeoutError, and whatever the database says
   */
  async batchGet(keys: BatchSource<KeyOf<M>>, options: BatchCallOptions = {}): Promise<(Loaded<M> | undefined)[]> {
    const resolved = resolveCall('batchGet', callOptionRules, callDefaults(this.#config), options);
    // Every chunk is read by itself.
    return withCall(this.#making('batchGet', keys), { ...resolved, atomicity: 'chunk' }, (call) => {
      const workspace = new ReadWorkspace(this.#db, call.deadline.signal, call.recorder);
      return new BatchRun(new GetJob(this.#mapping, workspace), call).run(keys, (found) => found.entities());
    });
  }

  /**
   * Inserts records. The entities have generated keys, defaults and what triggers changed.
   *
   * @throws BatchError that names the record at fault, and what is written all the same when chunks commit by themselves
   * @throws CommitUnknownError, CanceledError, OperationTimeoutError, and whatever the database says
   */
  batchInsert(
    records: BatchSource<NewRecord<M>>,
    options: BatchInsertOptions & Models & Outcomes,
  ): Promise<WriteResult & WithModels<M> & WithOutcomes>;
  batchInsert(
    records: BatchSource<NewRecord<M>>,
    options: BatchInsertOptions & Models,
  ): Promise<WriteResult & WithModels<M>>;
  batchInsert(
    records: BatchSource<NewRecord<M>>,
    options: BatchInsertOptions & NoModels & Outcomes,
  ): Promise<WriteResult & WithOutcomes>;
  batchInsert(
    records: BatchSource<NewRecord<M>>,
    options?: BatchInsertOptions & NoModels & NoOutcomes,
  ): Promise<WriteResult>;
  async batchInsert(records: BatchSource<NewRecord<M>>, options: BatchInsertOptions = {}): Promise<Given<M>> {
    const resolved = resolveCall('batchInsert', insertRules, callDefaults(this.#config), options);
    return this.#write('batchInsert', 'insert', records, resolved, (job) => new InsertJob(job));
  }

  /**
   * Updates rows by key. A field that is `undefined` is left alone, `null` writes NULL; records may have different
   * fields. Records with the same key work as one after the other. A row that already is as asked is `unchanged` and not
   * rewritten; a record whose key has no row is `skipped`. One statement for each chunk and set of fields.
   *
   * @throws BatchError that names the record at fault, and what is written all the same when chunks commit by themselves
   * @throws CommitUnknownError, CanceledError, OperationTimeoutError, and whatever the database says
   */
  batchUpdate<const I extends IncrementableField<M> = never>(
    records: BatchSource<IncrementPatch<M, NoInfer<I>>>,
    options: BatchUpdateOptions<M, I> & Outcomes,
  ): Promise<WriteResult & WithOutcomes>;
  batchUpdate<const I extends IncrementableField<M> = never>(
    records: BatchSource<IncrementPatch<M, NoInfer<I>>>,
    options?: BatchUpdateOptions<M, I> & NoOutcomes,
  ): Promise<WriteResult>;
  async batchUpdate(records: BatchSource<RecordPatch<M>>, options: BatchUpdateOptions<M> = {}): Promise<Given<M>> {
    const resolved = resolveCall('batchUpdate', updateRules, callDefaults(this.#config), options);
    const plan = updatePlan(this.#mapping, resolved);
    return this.#write('batchUpdate', 'update', records, resolved, (job) => new UpdateJob(job, plan));
  }

  /**
   * Inserts records, or updates the rows that are there already by a unique constraint. Rows that are as asked are not
   * written again and count as `unchanged`. Records that mean the same row work as one after the other; all but one of
   * them count as `skipped`.
   *
   * @throws BatchError that names the record at fault, and what is written all the same when chunks commit by themselves
   * @throws StatementError when no unique constraint has the columns
   * @throws CommitUnknownError, CanceledError, OperationTimeoutError, and whatever the database says
   */
  batchUpsert(
    records: BatchSource<NewRecord<M>>,
    options: BatchUpsertOptions<M> & Models & Outcomes,
  ): Promise<WriteResult & WithModels<M> & WithOutcomes>;
  batchUpsert(
    records: BatchSource<NewRecord<M>>,
    options: BatchUpsertOptions<M> & Models,
  ): Promise<WriteResult & WithModels<M>>;
  batchUpsert(
    records: BatchSource<NewRecord<M>>,
    options: BatchUpsertOptions<M> & NoModels & Outcomes,
  ): Promise<WriteResult & WithOutcomes>;
  batchUpsert(
    records: BatchSource<NewRecord<M>>,
    options?: BatchUpsertOptions<M> & NoModels & NoOutcomes,
  ): Promise<WriteResult>;
  async batchUpsert(records: BatchSource<NewRecord<M>>, options: BatchUpsertOptions<M> = {}): Promise<Given<M>> {
    const resolved = resolveCall('batchUpsert', upsertRules, callDefaults(this.#config), options);
    const columns = upsertColumns(this.#mapping, options.constraintColumns, options.updateColumns);
    return this.#write('batchUpsert', 'upsert', records, resolved, (job) => new UpsertJob(job, columns));
  }

  /**
   * Deletes rows by key. A key without a row is `skipped`.
   *
   * @throws BatchError that names the key at fault, such as one that a foreign key still needs
   * @throws CommitUnknownError, CanceledError, OperationTimeoutError, and whatever the database says
   */
  batchDelete(keys: BatchSource<KeyOf<M>>, options: BatchWriteCall & Outcomes): Promise<WriteResult & WithOutcomes>;
  batchDelete(keys: BatchSource<KeyOf<M>>, options?: BatchWriteCall & NoOutcomes): Promise<WriteResult>;
  async batchDelete(keys: BatchSource<KeyOf<M>>, options: BatchWriteCall = {}): Promise<Given<M>> {
    const resolved = resolveCall('batchDelete', deleteRules, callDefaults(this.#config), options);
    return this.#write('batchDelete', 'delete', keys, resolved, (job) => new DeleteJob(job));
  }

  async #write(
    operation: string,
    kind: WriteKind,
    source: BatchSource<unknown>,
    options: BatchWriteOptions & {
      readonly outcomes?: boolean | undefined;
      readonly returnModels?: boolean | undefined;
    },
    jobOf: (options: WriteJobOptions<M>) => WriteJob<M>,
  ): Promise<Given<M>> {
    const { outcomes = false, returnModels: models = false } = options;
    return withCall(this.#making(operation, source), options, (call) => {
      const { signal } = call.deadline;
      const target = { mapping: this.#mapping, db: this.#db, observers: this.#observers };
      const workspace = new TransactionWorkspace({ target, kind, signal, recorder: call.recorder });
      const { preProcess, postProcess } = this.#config;
      const job = jobOf({
        mapping: this.#mapping,
        db: this.#db,
        workspace,
        call,
        outcomes,
        models,
        preProcess,
        postProcess,
      });
      return new BatchRun(job, call).run(source, (account) => ({
        ...account.result(),
        ...(models ? { models: account.models() } : {}),
      }));
    });
  }

  #making(operation: string, source: BatchSource<unknown>): CallMaking {
    return {
      operation,
      name: this.#mapping.name,
      table: this.#mapping.tableName,
      config: this.#config,
      metrics: this.#metrics,
      inTransaction: this.#db.isTransaction,
      total: Array.isArray(source) ? source.length : undefined,
    };
  }
}
