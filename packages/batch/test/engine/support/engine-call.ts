import { Deadline } from '@uno/domain';
import type { EngineCall } from '../../../src/engine/engine-call.js';
import { idleRecorder } from '../../../src/metrics/call-recorder.js';
import { FixedSize } from '../../../src/tuning/chunk-sizes.js';

/** A call's options, decided. */
export function engineCall(said: Partial<EngineCall> = {}): EngineCall {
  const { batchSize = 3 } = said;
  return {
    operation: 'batchTest',
    name: 'Thing',
    total: undefined,
    batchSize,
    sizes: new FixedSize(batchSize),
    strategy: 'chunked',
    byChunk: false,
    maxWorkers: 2,
    skips: false,
    maxFailures: Number.POSITIVE_INFINITY,
    retry: { retryCount: 0, retryDelayMs: 0 },
    deadline: new Deadline('batchTest', {}),
    ending: new AbortController().signal,
    onProgress: undefined,
    onError: undefined,
    recorder: idleRecorder,
    ...said,
  };
}
