import {
  type AnyMapping,
  type BatchCallOptions,
  checkOptions,
  type IncrementableField,
  type IncrementPatch,
  isMapping,
  type KeyOf,
  type Loaded,
  type NewRecord,
  type RecordOperations,
  type RecordPatch,
  type WithModels,
  type WithOutcomes,
  type WriteResult,
} from '@uno/domain';
import { ConfigError, kindOf, requireUnoDialect } from '@uno/postgres';
import { type RecommendationOptions, recommend } from '../advice/recommend.js';
import type { Recommendation } from '../advice/recommendation.js';
import { batchCompute, type ComputeGiven } from '../compute/batch-compute.js';
import type { AnyComputeOptions, BatchComputeOptions, BatchWriteBackOptions } from '../compute/compute-options.js';
import { type ComputeTarget, planCompute } from '../compute/compute-plan.js';
import type {
  CheckedPatch,
  ComputeFunction,
  ComputeKeys,
  ComputePatch,
  ComputeRows,
  ComputeSource,
  ComputeTotals,
  WithResults,
} from '../compute/compute-types.js';
import { resolveBatchConfig } from '../config/batch-config.js';
import type { ImportSource } from '../import/batch-import.js';
import type {
  BatchImportFileOptions,
  BatchImportOptions,
  BatchImportOtherOptions,
  BatchImportRecordsOptions,
  ImportResult,
  StatsOptions,
} from '../import/import-options.js';
import type { FileReader } from '@uno/formats';
import { BatchRun } from '../engine/batch-run.js';
import { withCall } from '../engine/with-call.js';
import { BatchMetrics } from '../metrics/batch-metrics.js';
import type { BatchMetricsSnapshot } from '../metrics/batch-metrics-snapshot.js';
import { BatchPlanner } from '../plan/batch-planner.js';
import type { BatchSource } from '../source/batch-source.js';
import { batchSync, syncRequest } from '../sync/batch-sync.js';
import type { BatchSyncOptions, SyncResult } from '../sync/sync-options.js';
import type {
  BatchDeleteOptions,
  BatchInsertOptions,
  BatchOperationsOptions,
  BatchUpdateOptions,
  BatchUpsertOptions,
} from './batch-options.js';
import { callMaking } from './call-making.js';
import { sqlRequest } from './execute-sql.js';
import type { BatchExecuteSqlOptions, SqlParameter } from './execute-sql-options.js';
import { getRequest } from './get-request.js';
import type { ExecuteSqlResult, ExecuteSqlTotals } from './sql-account.js';
import { deleteRequest, insertRequest, updateRequest, upsertRequest, type WriteRequest } from './write-request.js';

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

/** Says that keys are asked for. */
interface Keys {
  readonly returnKeys: true;
}

/** Says that they are not. */
interface NoKeys {
  readonly returnKeys?: false | undefined;
}

/** The keys of the records that have a row, in the order of the input. */
interface WithKeys<M extends AnyMapping> {
  readonly keys: KeyOf<M>[];
}

/** Says that computed values are to come back as well as to be written. */
interface Results {
  readonly returnResults: true;
}

/** Says that they are not. */
interface NoResults {
  readonly returnResults?: false | undefined;
}

/** Says that a number is enough. */
interface NoStats extends StatsOptions {
  readonly returnStats: false;
}

/** Says that it is not. */
interface Stats extends StatsOptions {
  readonly returnStats?: true | undefined;
}

/** What a write gives, of which a part is there only if it was asked for. */
type Given<M extends AnyMapping> = WriteResult & Partial<WithModels<M> & WithKeys<M> & WithOutcomes>;

/**
 * Set-based reads and writes of one table: n records cost about n / batchSize statements, whose text depends only on the
 * table, the operation and the set of columns. Records come from an array, an iterable, an async iterable or a Node
 * stream. A write does all or nothing unless it is asked to commit chunk by chunk: in a transaction of its own, or behind
 * a savepoint in the caller's.
 *
 * Every write gives totals that add up to the records taken from the source; with `outcomes: true` what became of each
 * of them; with `returnModels: true` (insert, upsert, delete) the entities in the order of the input.
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
  /**
   * Says what a call would do, without doing it: `plan.batchInsert(records, options)` and so on. Of the database only the
   * catalogue is read; the client does what it does for the call.
   *
   * @example
   * ```ts
   * const { statements, transactions } = await operations.plan.batchInsert(records, { strategy: 'parallel' });
   * ```
   */
  readonly plan: BatchPlanner<M>;
  readonly #target: ComputeTarget<M>;

  /** @throws ConfigError for what is no mapping or no Kysely, another Kysely dialect, or a configuration that is wrong */
  constructor(options: BatchOperationsOptions<M>) {
    checkOptions('BatchOperations', options, ['table', 'db', 'config', 'observers', 'metrics', 'isCached']);
    if (!isMapping(options.table)) {
      throw new ConfigError(`BatchOperations: table takes a mapping, not ${kindOf(options.table)}.`);
    }
    requireUnoDialect(options.db);
    this.#target = {
      mapping: options.table,
      db: options.db,
      config: resolveBatchConfig(options.config ?? {}),
      observers: options.observers ?? [],
      metrics: options.metrics ?? new BatchMetrics(),
      isCached: options.isCached,
    };
    this.plan = new BatchPlanner(this.#target, options.config?.executionStrategy !== undefined);
  }

  /** What the calls have done so far, by operation and in total; nothing under `collectMetrics: false`. */
  getMetrics(): BatchMetricsSnapshot {
    return this.#target.metrics.snapshot();
  }

  /**
   * What could be done better on this table, each with what was measured and what to change, the most worthwhile first;
   * nothing under `collectMetrics: false`. A few statements that read the catalogue and measure the way to the server.
   *
   * @throws CanceledError, OperationTimeoutError, and whatever the database says
   * @example
   * ```ts
   * for (const { code, message, change } of await operations.getRecommendations()) console.log(code, message, change);
   * ```
   */
  async getRecommendations(options: RecommendationOptions = {}): Promise<readonly Recommendation[]> {
    const { mapping, db, config, metrics } = this.#target;
    return recommend([{ mapping, db, maxWorkers: config.maxWorkers }], metrics.observations, options);
  }

  /**
   * Entities by key, in the order of the keys; `undefined` where there is no row. One statement a chunk.
   *
   * @throws BatchError for a key of another type
   * @throws CanceledError, OperationTimeoutError, and whatever the database says
   */
  async batchGet(keys: BatchSource<KeyOf<M>>, options: BatchCallOptions = {}): Promise<(Loaded<M> | undefined)[]> {
    const { operation, options: resolved, jobOf } = getRequest(this.#target, options);
    return withCall(callMaking(this.#target, operation, keys), resolved, (call) =>
      new BatchRun(jobOf(call), call).run(keys, (found) => found.entities()),
    );
  }

  /**
   * Inserts records. The entities have generated keys, defaults and what triggers changed. Where only keys are asked for,
   * or nothing, records are copied (see {@link BatchInsertOptions.transport}).
   *
   * @throws BatchError that names the record at fault, and what is written all the same when chunks commit by themselves
   * @throws CommitUnknownError, CanceledError, OperationTimeoutError, and whatever the database says
   */
  batchInsert(
    records: BatchSource<NewRecord<M>>,
    options: BatchInsertOptions & Models & NoKeys & Outcomes,
  ): Promise<WriteResult & WithModels<M> & WithOutcomes>;
  batchInsert(
    records: BatchSource<NewRecord<M>>,
    options: BatchInsertOptions & Models & NoKeys,
  ): Promise<WriteResult & WithModels<M>>;
  batchInsert(
    records: BatchSource<NewRecord<M>>,
    options: BatchInsertOptions & NoModels & Keys & Outcomes,
  ): Promise<WriteResult & WithKeys<M> & WithOutcomes>;
  batchInsert(
    records: BatchSource<NewRecord<M>>,
    options: BatchInsertOptions & NoModels & Keys,
  ): Promise<WriteResult & WithKeys<M>>;
  batchInsert(
    records: BatchSource<NewRecord<M>>,
    options: BatchInsertOptions & NoModels & NoKeys & Outcomes,
  ): Promise<WriteResult & WithOutcomes>;
  batchInsert(
    records: BatchSource<NewRecord<M>>,
    options?: BatchInsertOptions & NoModels & NoKeys & NoOutcomes,
  ): Promise<WriteResult>;
  async batchInsert(records: BatchSource<NewRecord<M>>, options: BatchInsertOptions = {}): Promise<Given<M>> {
    return this.#write(insertRequest(this.#target, options), records);
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
    return this.#write(updateRequest(this.#target, options), records);
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
    return this.#write(upsertRequest(this.#target, options), records);
  }

  /**
   * Deletes rows by key. A key without a row is `skipped`. One statement a chunk. The entities are as they were, in the
   * order of the keys: one for every row, that is for the first of several equal keys.
   *
   * @throws BatchError that names the key at fault, such as one that a foreign key still needs
   * @throws CommitUnknownError, CanceledError, OperationTimeoutError, and whatever the database says
   */
  batchDelete(
    keys: BatchSource<KeyOf<M>>,
    options: BatchDeleteOptions & Models & Outcomes,
  ): Promise<WriteResult & WithModels<M> & WithOutcomes>;
  batchDelete(keys: BatchSource<KeyOf<M>>, options: BatchDeleteOptions & Models): Promise<WriteResult & WithModels<M>>;
  batchDelete(
    keys: BatchSource<KeyOf<M>>,
    options: BatchDeleteOptions & NoModels & Outcomes,
  ): Promise<WriteResult & WithOutcomes>;
  batchDelete(keys: BatchSource<KeyOf<M>>, options?: BatchDeleteOptions & NoModels & NoOutcomes): Promise<WriteResult>;
  async batchDelete(keys: BatchSource<KeyOf<M>>, options: BatchDeleteOptions = {}): Promise<Given<M>> {
    return this.#write(deleteRequest(this.#target, options), keys);
  }

  /**
   * Computes something of rows: of those with given keys, or of all that a filter finds, page by page in the order of the
   * key. The function may be async; up to `concurrency` calls of it are under way at a time. One statement a page.
   *
   * The values come back as `results`, in the order of the source, or go to `onResult`; with `writeBack` they are changes
   * of their rows and are written, for another statement a page. Memory does not grow with the number of rows, but for
   * `results`, and for what an array of keys is to be written all or nothing.
   *
   * The function is called once for a record. With `lock` it is called again when its transaction is repeated and the row
   * is another one by then.
   *
   * @throws BatchError that names the record at fault, and what is written all the same when chunks commit by themselves
   * @throws CommitUnknownError, CanceledError, OperationTimeoutError, and whatever the database says
   * @example
   * ```ts
   * const { results } = await operations.batchCompute({ keys: [3, 1, 2] }, (city) => city.name.length);
   * await operations.batchCompute(
   *   { filters: { elevation: null } },
   *   async (city, { signal }) => ({ elevation: await elevationOf(city.location, signal) }),
   *   { writeBack: true, concurrency: 20 },
   * );
   * ```
   */
  batchCompute<R>(
    source: ComputeKeys<M>,
    compute: ComputeFunction<M, R>,
    options?: BatchComputeOptions<M, R> & { readonly onResult?: undefined },
  ): Promise<ComputeTotals & WithResults<R | undefined>>;
  batchCompute<R>(
    source: ComputeRows<M>,
    compute: ComputeFunction<M, R>,
    options?: BatchComputeOptions<M, R> & { readonly onResult?: undefined },
  ): Promise<ComputeTotals & WithResults<R>>;
  batchCompute<R>(
    source: ComputeSource<M>,
    compute: ComputeFunction<M, R>,
    options?: BatchComputeOptions<M, R> & { readonly onResult?: undefined },
  ): Promise<ComputeTotals & WithResults<R | undefined>>;
  batchCompute<R>(
    source: ComputeSource<M>,
    compute: ComputeFunction<M, R>,
    options: BatchComputeOptions<M, R>,
  ): Promise<ComputeTotals>;
  batchCompute<R extends ComputePatch<M> | null | undefined>(
    source: ComputeSource<M>,
    compute: ComputeFunction<M, R>,
    options: BatchWriteBackOptions<M> & Results & Outcomes & CheckedPatch<M, R>,
  ): Promise<WriteResult & WithOutcomes & WithResults<R | undefined>>;
  batchCompute<R extends ComputePatch<M> | null | undefined>(
    source: ComputeSource<M>,
    compute: ComputeFunction<M, R>,
    options: BatchWriteBackOptions<M> & Results & CheckedPatch<M, R>,
  ): Promise<WriteResult & WithResults<R | undefined>>;
  batchCompute<R extends ComputePatch<M> | null | undefined>(
    source: ComputeSource<M>,
    compute: ComputeFunction<M, R>,
    options: BatchWriteBackOptions<M> & NoResults & Outcomes & CheckedPatch<M, R>,
  ): Promise<WriteResult & WithOutcomes>;
  batchCompute<R extends ComputePatch<M> | null | undefined>(
    source: ComputeSource<M>,
    compute: ComputeFunction<M, R>,
    options: BatchWriteBackOptions<M> & NoResults & NoOutcomes & CheckedPatch<M, R>,
  ): Promise<WriteResult>;
  async batchCompute<R>(
    source: ComputeSource<M>,
    compute: ComputeFunction<M, R>,
    options: AnyComputeOptions<M, R> = {},
  ): Promise<ComputeGiven<R>> {
    return batchCompute(planCompute(this.#target, { source, compute, options }));
  }

  /**
   * Makes the table, or the part of it that `filters` find, equal to a source: inserts the records whose key is not there,
   * updates the rows that differ, and deletes those of the part whose key the source does not have. One transaction, or a
   * savepoint in the caller's; about two statements a chunk. Memory does not grow with a stream, since the keys are kept in
   * a temporary table on the server.
   *
   * @throws SyncRefusedError when more than `maxDeletions` rows would be deleted, or the source is empty
   * @throws BatchError that names the record at fault, such as one that does not lie in the part; or no record, when a row
   *   cannot be deleted that a foreign key still needs
   * @throws CommitUnknownError, CanceledError, OperationTimeoutError, and whatever the database says
   * @example
   * ```ts
   * const { inserted, updated, deleted } = await operations.batchSync(readCities(file), {
   *   filters: { countryCode: 'CH' },
   *   maxDeletions: { fraction: 0.1 },
   * });
   * ```
   */
  batchSync(
    records: BatchSource<NewRecord<M>>,
    options: BatchSyncOptions<M> & Outcomes,
  ): Promise<SyncResult & WithOutcomes>;
  batchSync(records: BatchSource<NewRecord<M>>, options?: BatchSyncOptions<M> & NoOutcomes): Promise<SyncResult>;
  async batchSync(
    records: BatchSource<NewRecord<M>>,
    options: BatchSyncOptions<M> = {},
  ): Promise<SyncResult & Partial<WithOutcomes>> {
    return batchSync(syncRequest(this.#target, options), callMaking(this.#target, 'batchSync', records), records);
  }

  /**
   * Does a statement of your own for many sets of parameters, those of a chunk in one round trip, one after the other, each
   * seeing what those before it did. A set is a list of values for `$1`, `$2` and so on. What comes of each set is in
   * `results`, in their order, the rows as a plain Kysely query gives them; all of them are in memory. `returnRows: false`
   * gives totals only, and memory does not grow with a stream.
   *
   * The observers of writes are told that any row of the table may be different, unless nothing was written: see the options
   * `writes` and `tables`.
   *
   * @typeParam R - a row; it is the caller who knows it, as with Kysely's `sql`
   * @throws BatchError that names the set at fault, and what is written all the same when chunks commit by themselves
   * @throws StatementError when PostgreSQL does not take the statement, ConfigError for one that would end the transaction
   * @throws CommitUnknownError, CanceledError, OperationTimeoutError, and whatever the database says
   * @example
   * ```ts
   * const sql = 'update city set population = population + $2 where id = $1 returning population';
   * const { results } = await operations.batchExecuteSql<{ population: number }>(sql, [[1, 500], [2, -30]]);
   * console.log(results.map((result) => result?.rows[0]?.population));
   * ```
   */
  batchExecuteSql(
    sql: string,
    sets: BatchSource<readonly SqlParameter[]>,
    options: BatchExecuteSqlOptions & { readonly returnRows: false },
  ): Promise<ExecuteSqlTotals>;
  batchExecuteSql<R extends object = Record<string, unknown>>(
    sql: string,
    sets: BatchSource<readonly SqlParameter[]>,
    options?: BatchExecuteSqlOptions & { readonly returnRows?: true | undefined },
  ): Promise<ExecuteSqlResult<R>>;
  async batchExecuteSql<R extends object>(
    sql: string,
    sets: BatchSource<readonly SqlParameter[]>,
    options: BatchExecuteSqlOptions = {},
  ): Promise<ExecuteSqlTotals & Partial<ExecuteSqlResult<R>>> {
    const { operation, options: resolved, returnRows, jobOf } = sqlRequest<M, R>(this.#target, sql, options);
    return withCall(callMaking(this.#target, operation, sets), resolved, (call) =>
      new BatchRun(jobOf(call), call).run(sets, (account) => (returnRows ? account.result() : account.totals())),
    );
  }

  /**
   * Imports records, or a file of them that `@uno/formats` reads: CSV, NDJSON or JSON. All of them or none, unless it is
   * asked to commit chunk by chunk, or keeps a checkpoint. About one statement a chunk; memory does not grow with the
   * source.
   *
   * @throws BatchError that names the record at fault with its line, and what is written all the same
   * @throws SourceChangedError, CheckpointError when it cannot go on from where an earlier run has stopped
   * @throws ConfigError when the columns of the file are not those of the table
   * @throws CommitUnknownError, CanceledError, OperationTimeoutError, and whatever the database says
   * @example
   * ```ts
   * const { inserted, failed } = await operations.batchImport(readCsv('cities.csv.gz'), {
   *   columns: { 'City name': 'name' },
   *   uniqueFields: ['code'],
   *   updateOnConflict: true,
   *   onRecordError: 'skip',
   *   rejects: 'rejects.csv',
   *   checkpoint: 'cities of November',
   * });
   * ```
   */
  batchImport(source: FileReader, options: BatchImportFileOptions<M> & NoStats): Promise<number>;
  batchImport(source: FileReader, options?: BatchImportFileOptions<M> & Stats): Promise<ImportResult>;
  batchImport(
    source: BatchSource<NewRecord<M>>,
    options: BatchImportRecordsOptions<M, NewRecord<M>> & NoStats,
  ): Promise<number>;
  batchImport(
    source: BatchSource<NewRecord<M>>,
    options?: BatchImportRecordsOptions<M, NewRecord<M>> & Stats,
  ): Promise<ImportResult>;
  batchImport<R>(source: BatchSource<R>, options: BatchImportOtherOptions<M, R> & NoStats): Promise<number>;
  batchImport<R>(source: BatchSource<R>, options: BatchImportOtherOptions<M, R> & Stats): Promise<ImportResult>;
  async batchImport(
    source: ImportSource,
    options: BatchImportOptions<M> & StatsOptions = {},
  ): Promise<ImportResult | number> {
    // Whoever imports nothing has not to load what reads files.
    const { batchImport, importRequest } = await import('../import/batch-import.js');
    const result = await batchImport(this.#target, importRequest(this.#target, options), source);
    return options.returnStats === false ? result.inserted + result.updated : result;
  }

  async #write(request: WriteRequest<M>, source: BatchSource<unknown>): Promise<Given<M>> {
    const { operation, options, jobOf } = request;
    const { returnModels: models = false, returnKeys: keys = false } = options;
    return withCall(callMaking(this.#target, operation, source), options, (call) =>
      new BatchRun(jobOf(call), call).run(source, (account) => ({
        ...account.result(),
        ...(models ? { models: account.models() } : {}),
        ...(keys ? { keys: account.keys() } : {}),
      })),
    );
  }
}
