import {
  type AnyMapping,
  type BatchCallOptions,
  type BatchWriteOptions,
  chosenStrategy,
  type IncrementableField,
  type IncrementPatch,
  type KeyOf,
  type NewRecord,
} from '@uno/domain';
import type { BatchComputeOptions, BatchWriteBackOptions } from '../compute/compute-options.js';
import { type ComputeTarget, planCompute } from '../compute/compute-plan.js';
import type { ComputeFunction, ComputeSource } from '../compute/compute-types.js';
import { callDefaults } from '../config/batch-config.js';
import type { Account } from '../engine/batch-job.js';
import type { CallRequest } from '../engine/call-request.js';
import type {
  BatchDeleteOptions,
  BatchInsertOptions,
  BatchUpdateOptions,
  BatchUpsertOptions,
} from '../operations/batch-options.js';
import type { ImportSource } from '../import/batch-import.js';
import type {
  BatchImportFileOptions,
  BatchImportOptions,
  BatchImportRecordsOptions,
} from '../import/import-options.js';
import type { FileReader } from '@uno/formats';
import { sqlRequest } from '../operations/execute-sql.js';
import type { BatchExecuteSqlOptions, SqlParameter } from '../operations/execute-sql-options.js';
import { getRequest } from '../operations/get-request.js';
import { deleteRequest, insertRequest, updateRequest, upsertRequest } from '../operations/write-request.js';
import type { BatchSource } from '../source/batch-source.js';
import { syncRequest } from '../sync/batch-sync.js';
import type { BatchSyncOptions } from '../sync/sync-options.js';
import type { BatchPlan } from './batch-plan.js';
import { computeRequest } from './compute-request.js';
import { type PlanRequest, planCall } from './plan-call.js';
import type { PlannedJob } from './planned-job.js';

/** Of keys and entities, one is asked for at most. */
type InsertOptions =
  | (BatchInsertOptions & { readonly returnModels: true; readonly returnKeys?: false | undefined })
  | (BatchInsertOptions & { readonly returnModels?: false | undefined });

/**
 * Says what a call would do, without doing it. Each method takes what the one of {@link BatchOperations} with the same
 * name takes, and refuses what that refuses: options that are wrong, and records, as far as they are found to be at fault
 * before anything is sent.
 *
 * The records of an array are read, folded, cut and encoded as for the call, which costs the client as much as that; of the
 * database only the catalogue is read. A source that is no array is not touched, and what depends on its records is `null`.
 * Functions of the caller's are not called, nor is anybody told.
 */
export class BatchPlanner<M extends AnyMapping> {
  readonly #target: ComputeTarget<M>;
  readonly #isConfigured: boolean;

  /** @param isConfigured - whether the configuration names a strategy */
  constructor(target: ComputeTarget<M>, isConfigured: boolean) {
    this.#target = target;
    this.#isConfigured = isConfigured;
  }

  /** @throws ConfigError, and BatchError for a key of another type */
  async batchGet(keys: BatchSource<KeyOf<M>>, options: BatchCallOptions = {}): Promise<BatchPlan> {
    return this.#plan(getRequest(this.#target, options), keys, options, { isWritten: false });
  }

  /** @throws ConfigError, and BatchError that names the record at fault */
  async batchInsert(records: BatchSource<NewRecord<M>>, options: InsertOptions = {}): Promise<BatchPlan> {
    return this.#plan(insertRequest(this.#target, options), records, options);
  }

  /** @throws ConfigError, and BatchError that names the record at fault */
  async batchUpdate<const I extends IncrementableField<M> = never>(
    records: BatchSource<IncrementPatch<M, NoInfer<I>>>,
    options: BatchUpdateOptions<M, I> = {},
  ): Promise<BatchPlan> {
    return this.#plan(updateRequest(this.#target, options), records, options);
  }

  /** @throws ConfigError, and BatchError that names the record at fault */
  async batchUpsert(records: BatchSource<NewRecord<M>>, options: BatchUpsertOptions<M> = {}): Promise<BatchPlan> {
    return this.#plan(upsertRequest(this.#target, options), records, options);
  }

  /** @throws ConfigError, and BatchError that names the key at fault */
  async batchDelete(keys: BatchSource<KeyOf<M>>, options: BatchDeleteOptions = {}): Promise<BatchPlan> {
    return this.#plan(deleteRequest(this.#target, options), keys, options);
  }

  /**
   * The function is not called, so that it is known how its values are written and not which.
   *
   * @throws ConfigError, ValidationError for a filter, and BatchError that names the key at fault
   */
  async batchCompute<R>(
    source: ComputeSource<M>,
    compute: ComputeFunction<M, R>,
    options: BatchComputeOptions<M, R> | BatchWriteBackOptions<M> = {},
  ): Promise<BatchPlan> {
    const plan = planCompute(this.#target, { source, compute, options });
    return planCall({ ...computeRequest(plan), ...this.#strategy(options) });
  }

  /** @throws ConfigError, ValidationError for a filter, and BatchError that names the record at fault */
  async batchSync(records: BatchSource<NewRecord<M>>, options: BatchSyncOptions<M> = {}): Promise<BatchPlan> {
    const request = syncRequest(this.#target, options);
    return this.#plan(request, records, options, {
      isDry: request.dryRun,
      whyOther: 'a sync is one transaction',
    });
  }

  /** @throws ConfigError, and BatchError that names the set at fault */
  async batchExecuteSql(
    sql: string,
    sets: BatchSource<readonly SqlParameter[]>,
    options: BatchExecuteSqlOptions = {},
  ): Promise<BatchPlan> {
    const request = sqlRequest(this.#target, sql, options);
    return this.#plan(request, sets, options, { looksUp: request.writes });
  }

  /**
   * A file is read to its end and kept in memory; of other sources, only an array is. What an earlier run under a checkpoint
   * has done is not looked up.
   *
   * @throws ConfigError, ValidationError for what is no source, and BatchError that names the record at fault
   */
  async batchImport(source: FileReader, options?: BatchImportFileOptions<M>): Promise<BatchPlan>;
  async batchImport(
    source: BatchSource<NewRecord<M>>,
    options?: BatchImportRecordsOptions<M, NewRecord<M>>,
  ): Promise<BatchPlan>;
  async batchImport(source: ImportSource, options: BatchImportOptions<M> = {}): Promise<BatchPlan> {
    const { importRequest, plannedImport } = await import('./import-request.js');
    const planned = await plannedImport(this.#target, importRequest(this.#target, options), source);
    return planCall({
      target: this.#target,
      ...planned,
      ...this.#strategy(options),
      isWritten: true,
      looksUp: true,
      isDry: options.dryRun ?? false,
    });
  }

  #plan<I, V, A extends Account<I, V>>(
    request: CallRequest<PlannedJob<I, V, A>>,
    source: BatchSource<unknown>,
    said: BatchWriteOptions,
    more: Partial<PlanRequest<M, I, V, A>> = {},
  ): Promise<BatchPlan> {
    const written = { isWritten: true, looksUp: true, isDry: false };
    const strategy = this.#strategy(said);
    return planCall<M, I, V, A>({ target: this.#target, request, source, ...strategy, ...written, ...more });
  }

  #strategy(said: BatchWriteOptions): Pick<PlanRequest<M, never, never, never>, 'said' | 'chosen' | 'isConfigured'> {
    const chosen = chosenStrategy(callDefaults(this.#target.config), said);
    return { said, chosen, isConfigured: this.#isConfigured };
  }
}
