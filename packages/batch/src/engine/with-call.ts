import { type BatchWriteOptions, commitsByChunk, Deadline } from '@uno/domain';
import type { EngineConfig, ResolvedConfig } from '../config/batch-config.js';
import type { BatchMetrics } from '../metrics/batch-metrics.js';
import type { CallRecorder } from '../metrics/call-recorder.js';
import { openCall, tellingOf } from '../metrics/open-call.js';
import { type ChunkSizes, FixedSize } from '../tuning/chunk-sizes.js';
import { type SizeBounds, sizeBounds } from '../tuning/size-bounds.js';
import { SizeTuner } from '../tuning/size-tuner.js';
import type { EngineCall } from './engine-call.js';

/** What a call is made of, besides its options. */
export interface CallMaking {
  readonly operation: string;
  /** The name of the entity, or of the processor. */
  readonly name: string;
  readonly table?: string | undefined;
  readonly config: ResolvedConfig<EngineConfig>;
  readonly metrics: BatchMetrics;
  /** Whether it is part of a transaction of the caller's. */
  readonly inTransaction: boolean;
  /** Records in the source, where that is known. */
  readonly total: number | undefined;
  /** Who is told of the call; those that the configuration and the process name, if not said. */
  readonly recorder?: CallRecorder | undefined;
}

/**
 * Decides everything about a call, runs it, and stops its clock.
 *
 * @throws ConfigError for options that contradict each other
 */
export async function withCall<T>(
  making: CallMaking,
  options: BatchWriteOptions,
  run: (call: EngineCall) => Promise<T>,
): Promise<T> {
  const { operation, name, table, config, metrics, inTransaction, total } = making;
  const { optimizeForSize = false, strategy = config.executionStrategy } = options;
  const bounds = optimizeForSize === false ? undefined : sizeBounds(optimizeForSize);
  const { batchSize = bounds?.maxSize ?? config.batchSize } = options;
  const byChunk = commitsByChunk(operation, { ...options, strategy }, inTransaction);
  const description = {
    operation,
    name,
    table,
    strategy,
    batchSize,
    isTuned: bounds !== undefined,
    atomicity: byChunk ? 'chunk' : 'all',
    total,
  } as const;
  const deadline = new Deadline(operation, options);
  const ending = new AbortController();
  const { maxWorkers } = config;
  const recorder = making.recorder ?? openCall(description, tellingOf(config, metrics));
  const workers = strategy === 'parallel' && !inTransaction ? maxWorkers : 1;
  try {
    return await run({
      operation,
      name,
      total,
      batchSize,
      sizes: bounds === undefined ? new FixedSize(batchSize) : tuned(bounds, workers, recorder),
      strategy,
      byChunk,
      maxWorkers,
      skips: options.onRecordError === 'skip',
      maxFailures: options.maxFailures ?? Number.POSITIVE_INFINITY,
      retry: config,
      deadline,
      ending: ending.signal,
      onProgress: options.onProgress,
      onError: config.onError,
      recorder,
    });
  } finally {
    ending.abort();
    deadline[Symbol.dispose]();
  }
}

function tuned(bounds: SizeBounds, workers: number, recorder: CallRecorder): ChunkSizes {
  return new SizeTuner({ bounds, workers, onChange: (size, reason) => recorder.resized(size, reason) });
}
