export { BatchOperationsPort } from './batch-operations-port.js';
export { type BatchConfig, defaultBatchConfig, type ResolvedBatchConfig } from './config/batch-config.js';
export { BatchExecutionStrategy } from './config/batch-execution-strategy.js';
export { BatchSize } from './config/batch-size.js';
export { BatchOperations, type WithModels } from './operations/batch-operations.js';
export type { BatchOperationsOptions, BatchUpdateOptions, BatchUpsertOptions } from './operations/batch-options.js';
