import { Deadline } from '@uno/domain';
import type { EngineCall } from '../../../src/engine/engine-call.js';
import { idleRecorder } from '../../../src/metrics/call-recorder.js';

/** A call's options, decided. */
export function engineCall(said: Partial<EngineCall> = {}): EngineCall {
  return {
    operation: 'batchTest',
    name: 'Thing',
    total: undefined,
    batchSize: 3,
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
