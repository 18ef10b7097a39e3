import type { BatchWriteOptions } from '@uno/domain';
import type { EngineCall } from './engine-call.js';

/**
 * A call whose options are checked and decided, before anything is done.
 *
 * @typeParam J - the job that does it
 */
export interface CallRequest<J> {
  readonly operation: string;
  readonly options: BatchWriteOptions;
  jobOf(call: EngineCall): J;
}
