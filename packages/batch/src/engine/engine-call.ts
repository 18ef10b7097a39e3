import type { BatchProgress, Deadline, RecordCallbacks, RetryPolicy } from '@uno/domain';
import type { BatchExecutionStrategy } from '../config/batch-execution-strategy.js';
import type { CallRecorder } from '../metrics/call-recorder.js';
import type { ChunkSizes } from '../tuning/chunk-sizes.js';

/** One call's options, every one of them decided. */
export interface EngineCall {
  readonly operation: string;
  /** The name of the entity, or of the processor. */
  readonly name: string;
  /** Records in the source, where that is known. */
  readonly total: number | undefined;
  /** Records in one chunk, at most. */
  readonly batchSize: number;
  /** How many it is to be. */
  readonly sizes: ChunkSizes;
  readonly strategy: BatchExecutionStrategy;
  /** Whether every chunk is committed by itself. */
  readonly byChunk: boolean;
  /** Chunks, and calls of `preProcess`, that may be under way side by side. */
  readonly maxWorkers: number;
  readonly skips: boolean;
  readonly maxFailures: number;
  readonly retry: RetryPolicy;
  readonly deadline: Deadline;
  /** Aborted when the call is over, whichever way: what was read ahead for it stops then. */
  readonly ending: AbortSignal;
  readonly onProgress: ((progress: BatchProgress) => void) | undefined;
  readonly onError: RecordCallbacks['onError'];
  readonly recorder: CallRecorder;
}
