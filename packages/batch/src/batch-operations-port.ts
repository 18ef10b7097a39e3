import type { AnyMapping, BatchPort, BatchPortRequest, FallbackCall, FallbackEnd, PortDefaults } from '@uno/domain';
import type { Queryable } from '@uno/postgres';
import { type RecommendationOptions, recommend } from './advice/recommend.js';
import type { Recommendation } from './advice/recommendation.js';
import { type BatchConfig, callDefaults, type ResolvedConfig, resolveBatchConfig } from './config/batch-config.js';
import { BatchMetrics } from './metrics/batch-metrics.js';
import type { BatchMetricsSnapshot } from './metrics/batch-metrics-snapshot.js';
import { openCall, tellingOf } from './metrics/open-call.js';
import { BatchOperations } from './operations/batch-operations.js';

/** The batch port over {@link BatchOperations}: gives repositories their set-based operations, and counts them all. */
export class BatchOperationsPort implements BatchPort {
  readonly #given: BatchConfig;
  readonly #config: ResolvedConfig<BatchConfig>;
  readonly #metrics = new BatchMetrics();
  /** What repositories work on, by table. */
  readonly #mappings = new Map<string, AnyMapping>();
  /** One that is not a transaction, and so can be asked later on. */
  #db: Queryable | undefined;

  /** @throws ConfigError for a configuration that is wrong */
  constructor(config: BatchConfig = {}) {
    this.#config = resolveBatchConfig(config);
    const { optimizeForSize } = this.#config;
    // What is resolved says a size beside: nobody may say both.
    this.#given = Object.freeze({ ...config, optimizeForSize });
  }

  operations<M extends AnyMapping>(request: BatchPortRequest<M>): BatchOperations<M> {
    const { mapping, db, observers, isCached } = request;
    if (!db.isTransaction) this.#db = db;
    this.#mappings.set(mapping.tableName, mapping);
    return new BatchOperations({
      table: mapping,
      db,
      observers,
      config: this.#given,
      metrics: this.#metrics,
      isCached,
    });
  }

  get defaults(): PortDefaults {
    const { preProcess, postProcess, onError } = this.#config;
    return { ...callDefaults(this.#config), retry: this.#config, preProcess, postProcess, onError };
  }

  /** Counts and logs what was done one by one because the operations broke as a call of its own. */
  fallsBack({ operation, mapping, total, reason }: FallbackCall): (end: FallbackEnd) => void {
    const { name, tableName: table } = mapping;
    const description = {
      operation,
      name,
      table,
      strategy: 'individual',
      batchSize: 1,
      atomicity: 'all',
      total,
    } as const;
    const recorder = openCall(description, tellingOf(this.#config, this.#metrics));
    recorder.fellBack(total, reason);
    return ({ failed, skipped, error }) => {
      const successful = error === undefined ? total - failed - skipped : 0;
      recorder.end({ total, successful, failed, skipped, error });
    };
  }

  /** What the batch methods of all repositories have done so far; nothing under `collectMetrics: false`. */
  getMetrics(): BatchMetricsSnapshot {
    return this.#metrics.snapshot();
  }

  /**
   * What the batch methods of all repositories could do better, each with what was measured and what to change, the most
   * worthwhile first; nothing under `collectMetrics: false`. A few statements for each table. A port is taken to be used
   * with one database.
   *
   * @param options - `db`: what to ask where all calls so far were in units of work
   * @throws CanceledError, OperationTimeoutError, and whatever the database says
   */
  async getRecommendations(
    options: RecommendationOptions & { readonly db?: Queryable | undefined } = {},
  ): Promise<readonly Recommendation[]> {
    const { db = this.#db, ...limits } = options;
    const targets =
      db === undefined
        ? []
        : [...this.#mappings.values()].map((mapping) => ({ mapping, db, maxWorkers: this.#config.maxWorkers }));
    return recommend(targets, this.#metrics.observations, limits);
  }
}
