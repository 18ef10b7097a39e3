import { type AnyMapping, type BatchCallOptions, callOptionRules, resolveCall } from '@uno/domain';
import type { ComputeTarget } from '../compute/compute-plan.js';
import { callDefaults } from '../config/batch-config.js';
import type { CallRequest } from '../engine/call-request.js';
import { ReadWorkspace } from '../workspace/read-workspace.js';
import { GetJob } from './get-job.js';

/** @throws ConfigError */
export function getRequest<M extends AnyMapping>(
  { mapping, db, config, isCached }: ComputeTarget<M>,
  options: BatchCallOptions,
): CallRequest<GetJob<M>> {
  const operation = 'batchGet';
  const resolved = resolveCall(operation, callOptionRules, callDefaults(config), options);
  return {
    operation,
    // Every chunk is read by itself.
    options: { ...resolved, atomicity: 'chunk' },
    jobOf: ({ deadline, recorder }) => {
      // A cache has no keys of several spellings, and is left out of transactions.
      const isCacheable = mapping.hasTextKey && !isCached && !db.isTransaction;
      const onRead = isCacheable ? recorder.keysRead.bind(recorder) : undefined;
      return new GetJob(mapping, new ReadWorkspace(db, deadline.signal, recorder), onRead);
    },
  };
}
