import { type AnyMapping, filterCondition, type WithOutcomes } from '@uno/domain';
import type { ComputeTarget } from '../compute/compute-plan.js';
import { callDefaults } from '../config/batch-config.js';
import { BatchRun } from '../engine/batch-run.js';
import type { CallRequest } from '../engine/call-request.js';
import { type CallMaking, withCall } from '../engine/with-call.js';
import type { BatchSource } from '../source/batch-source.js';
import { DryWorkspace } from '../workspace/dry-workspace.js';
import { TransactionWorkspace } from '../workspace/transaction-workspace.js';
import { SyncJob } from './sync-job.js';
import { type BatchSyncOptions, resolveSync, type SyncResult } from './sync-options.js';

/** A call of {@link BatchOperations.batchSync}. */
export interface SyncRequest<M extends AnyMapping> extends CallRequest<SyncJob<M>> {
  readonly dryRun: boolean;
}

/** @throws ConfigError, and ValidationError for a filter that is wrong */
export function syncRequest<M extends AnyMapping>(
  { mapping, db, config, observers }: ComputeTarget<M>,
  options: BatchSyncOptions<M>,
): SyncRequest<M> {
  const said = resolveSync(callDefaults(config), options);
  const { filters = {}, updateColumns, maxDeletions, allowEmpty = false, dryRun = false, outcomes = false } = said;
  const condition = Object.keys(filters).length === 0 ? undefined : filterCondition(mapping, filters);
  return {
    operation: 'batchSync',
    options: said,
    dryRun,
    jobOf: (call) => {
      const { deadline, recorder } = call;
      const Workspace = dryRun ? DryWorkspace : TransactionWorkspace;
      const workspace = new Workspace({
        target: { mapping, db, observers },
        kind: 'sync',
        signal: deadline.signal,
        recorder,
      });
      const { preProcess, postProcess } = config;
      return new SyncJob(
        { mapping, db, workspace, call, outcomes, models: false, keys: false, preProcess, postProcess },
        { part: { mapping, db, condition }, updateColumns, maxDeletions, allowEmpty },
      );
    },
  };
}

/** Makes a table, or a part of it, equal to a source; see {@link BatchOperations.batchSync}. */
export async function batchSync<M extends AnyMapping>(
  { options, dryRun, jobOf }: SyncRequest<M>,
  making: CallMaking,
  source: BatchSource<unknown>,
): Promise<SyncResult & Partial<WithOutcomes>> {
  return withCall(making, options, (call) => {
    const job = jobOf(call);
    return new BatchRun(job, call).run(source, (account) => ({ ...account.result(), deleted: job.deleted, dryRun }));
  });
}
