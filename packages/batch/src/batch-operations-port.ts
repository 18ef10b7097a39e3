import type { AnyMapping, BatchPort, BatchPortRequest, RecordOperations } from '@uno/domain';
import { type BatchConfig, type ResolvedBatchConfig, resolveBatchConfig } from './config/batch-config.js';
import { BatchOperations } from './operations/batch-operations.js';

/** The batch port over {@link BatchOperations}: gives repositories their set-based operations. */
export class BatchOperationsPort implements BatchPort {
  readonly #config: ResolvedBatchConfig;

  /** @throws ConfigError for a configuration that is wrong */
  constructor(config: BatchConfig = {}) {
    this.#config = resolveBatchConfig(config);
  }

  operations<M extends AnyMapping>(request: BatchPortRequest<M>): RecordOperations<M> {
    const { batchSize, strategy } = request.defaults;
    return new BatchOperations({
      table: request.mapping,
      db: request.db,
      observers: request.observers,
      config: resolveBatchConfig({ batchSize, executionStrategy: strategy }, this.#config),
    });
  }
}
