export type { Advice, OptionChange, SqlChange } from './advice/advice.js';
export type { RecommendationOptions } from './advice/recommend.js';
export type { Recommendation } from './advice/recommendation.js';
export type { ChunksTooLarge, ChunksTooLargeEvidence } from './advice/rules/chunks-too-large.js';
export type { ChunksTooSmall, ChunksTooSmallEvidence } from './advice/rules/chunks-too-small.js';
export type {
  ConflictingTransactions,
  ConflictingTransactionsEvidence,
} from './advice/rules/conflicting-transactions.js';
export type {
  MissingForeignKeyIndex,
  MissingForeignKeyIndexEvidence,
} from './advice/rules/missing-foreign-key-index.js';
export type { MissingIndex, MissingIndexEvidence } from './advice/rules/missing-index.js';
export type { RepeatedReads, RepeatedReadsEvidence } from './advice/rules/repeated-reads.js';
export type {
  SequentialWithIdlePool,
  SequentialWithIdlePoolEvidence,
} from './advice/rules/sequential-with-idle-pool.js';
export type { UnchangedRowsWritten, UnchangedRowsWrittenEvidence } from './advice/rules/unchanged-rows-written.js';
export type { UnusedIndex, UnusedIndexEvidence } from './advice/rules/unused-index.js';
export { BatchOperationsPort } from './batch-operations-port.js';
export type { BatchComputeOptions, BatchWriteBackOptions } from './compute/compute-options.js';
export type {
  ComputeContext,
  ComputeFunction,
  ComputeKeys,
  ComputePatch,
  ComputeRows,
  ComputeSource,
  ComputeTotals,
  WithResults,
} from './compute/compute-types.js';
export { type BatchConfig, defaultBatchConfig, type EngineConfig } from './config/batch-config.js';
export { BatchExecutionStrategy } from './config/batch-execution-strategy.js';
export { BatchSize } from './config/batch-size.js';
export type { StepWay } from './engine/step.js';
export { forgetCheckpoint } from './import/checkpoint.js';
export { CheckpointError, RejectsError, SourceChangedError } from './import/import-errors.js';
export type {
  BatchImportFileOptions,
  BatchImportOptions,
  BatchImportOtherOptions,
  BatchImportRecordsOptions,
  CheckpointOptions,
  ImportResult,
} from './import/import-options.js';
export { type RejectedRecord, reasonOf } from './import/rejected-record.js';
export { BatchMetrics } from './metrics/batch-metrics.js';
export type { BatchMetricsSnapshot, ErrorSummary, OperationMetrics } from './metrics/batch-metrics-snapshot.js';
export type { CallDescription, CallEnd, RecordFailure } from './metrics/call-recorder.js';
export type { Distribution } from './metrics/distribution.js';
export { isLogger, type Logger } from './metrics/logger.js';
export { BatchOperations } from './operations/batch-operations.js';
export type {
  BatchDeleteOptions,
  BatchInsertOptions,
  BatchOperationsOptions,
  BatchUpdateOptions,
  BatchUpsertOptions,
  ConflictRows,
  BatchWriteCall,
} from './operations/batch-options.js';
export type { BatchExecuteSqlOptions, SqlParameter } from './operations/execute-sql-options.js';
export type { ExecuteSqlResult, ExecuteSqlTotals, SqlResult } from './operations/sql-account.js';
export type {
  BatchPlan,
  PlannedChunks,
  PlannedConnections,
  PlannedFailure,
  PlannedRefusal,
  PlannedStatement,
  PlannedStrategy,
  PlannedTransactions,
} from './plan/batch-plan.js';
export type { BatchPlanner } from './plan/batch-planner.js';
export { describePlan } from './plan/describe-plan.js';
export { BatchProcessor, type BatchProcessorConfig, type ProcessOptions } from './processor/batch-processor.js';
export type { BatchWork, ChunkContext, ChunkFunction, PreparedBatchWork } from './processor/batch-work.js';
export type { ProcessResult } from './processor/process-account.js';
export type { BatchSource } from './source/batch-source.js';
export type { BatchSyncOptions, DeletionLimit, SyncResult } from './sync/sync-options.js';
export type {
  BatchChannelMessages,
  BatchChunkMessage,
  BatchEndMessage,
  BatchFailureMessage,
  BatchFallbackMessage,
  BatchRetryMessage,
  BatchStartMessage,
} from './telemetry/channels.js';
