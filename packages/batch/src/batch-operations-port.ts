import type { AnyMapping, BatchPort, BatchPortRequest } from '@uno/domain';
import { type BatchConfig, type ResolvedConfig, resolveBatchConfig } from './config/batch-config.js';
import { BatchMetrics } from './metrics/batch-metrics.js';
import type { BatchMetricsSnapshot } from './metrics/batch-metrics-snapshot.js';
import { BatchOperations } from './operations/batch-operations.js';

/** The batch port over {@link BatchOperations}: gives repositories their set-based operations, and counts them all. */
export class BatchOperationsPort implements BatchPort {
  readonly #config: ResolvedConfig<BatchConfig>;
  readonly #metrics = new BatchMetrics();

  /** @throws ConfigError for a configuration that is wrong */
  constructor(config: BatchConfig = {}) {
    this.#config = resolveBatchConfig(config);
  }

  operations<M extends AnyMapping>(request: BatchPortRequest<M>): BatchOperations<M> {
    const { mapping, db, observers } = request;
    return new BatchOperations({ table: mapping, db, observers, config: this.#config, metrics: this.#metrics });
  }

  /** What the batch methods of all repositories have done so far; nothing under `collectMetrics: false`. */
  getMetrics(): BatchMetricsSnapshot {
    return this.#metrics.snapshot();
  }
}
