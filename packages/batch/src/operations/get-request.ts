import { type AnyMapping, type BatchCallOptions, callOptionRules, resolveCall } from '@uno/domain';
import type { ComputeTarget } from '../compute/compute-plan.js';
import { callDefaults } from '../config/batch-config.js';
import type { CallRequest } from '../engine/call-request.js';
import { ReadWorkspace } from '../workspace/read-workspace.js';
import { GetJob } from './get-job.js';

/** @throws ConfigError */
export function getRequest<M extends AnyMapping>(
  { mapping, db, config }: ComputeTarget<M>,
  options: BatchCallOptions,
): CallRequest<GetJob<M>> {
  const operation = 'batchGet';
  const resolved = resolveCall(operation, callOptionRules, callDefaults(config), options);
  return {
    operation,
    // Every chunk is read by itself.
    options: { ...resolved, atomicity: 'chunk' },
    jobOf: ({ deadline, recorder }) => new GetJob(mapping, new ReadWorkspace(db, deadline.signal, recorder)),
  };
}
