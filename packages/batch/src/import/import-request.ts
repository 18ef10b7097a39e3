import { type AnyMapping, resolveCall } from '@uno/domain';
import { ConfigError } from '@uno/postgres';
import type { ComputeTarget } from '../compute/compute-plan.js';
import { type BatchConfig, callDefaults } from '../config/batch-config.js';
import type { EngineCall } from '../engine/engine-call.js';
import { upsertPlan } from '../operations/upsert-plan.js';
import type { WriteJob } from '../operations/write-job.js';
import { DryWorkspace } from '../workspace/dry-workspace.js';
import { TransactionWorkspace } from '../workspace/transaction-workspace.js';
import { ImportInsertJob, type Importing, ImportUpsertJob } from './import-jobs.js';
import { type BatchImportOptions, type CheckpointOptions, importRules, type StatsOptions } from './import-options.js';

export const operation = 'batchImport';

/** Records that failed of which an import keeps the errors, for its own at the end. */
const mostKept = 100;

/** An import whose options are checked and decided, before anything is read. */
export interface ImportRequest<M extends AnyMapping> {
  readonly options: BatchImportOptions<M>;
  readonly checkpoint: CheckpointOptions | undefined;
  jobOf(call: EngineCall, importing: Importing): WriteJob<M>;
}

/** @throws ConfigError */
export function importRequest<M extends AnyMapping>(
  target: ComputeTarget<M>,
  said: BatchImportOptions<M> & StatsOptions,
): ImportRequest<M> {
  const options = resolveCall(operation, importRules, callDefaults(target.config), said);
  checkTogether(options);
  const { uniqueFields, updateOnConflict = false, checkpoint, dryRun = false } = options;
  const plan =
    uniqueFields &&
    upsertPlan(target.mapping, target.db, {
      constraintColumns: uniqueFields,
      onConflict: updateOnConflict === false ? 'nothing' : 'update',
      ...(typeof updateOnConflict === 'object' ? { updateColumns: updateOnConflict } : {}),
    });
  const atomicity = checkpoint === undefined ? options.atomicity : 'chunk';
  return {
    options: { ...options, atomicity },
    checkpoint: typeof checkpoint === 'string' ? { name: checkpoint } : checkpoint,
    jobOf: (call, importing) => {
      const { mapping, db, observers, config } = target;
      const { deadline, recorder } = call;
      const kind = plan === undefined ? 'insert' : 'upsert';
      const Workspace = dryRun ? DryWorkspace : TransactionWorkspace;
      const workspace = new Workspace({ target: { mapping, db, observers }, kind, signal: deadline.signal, recorder });
      const { postProcess } = config;
      const { preProcess } = importing.intake;
      // They are told of chunk by chunk, and would fill the memory until the end; `onError` hears of them only then.
      const mostFailures = call.onError === undefined ? mostKept : undefined;
      const common = { mapping, db, workspace, call, outcomes: false, models: false, keys: false, mostFailures };
      const jobOptions = { ...common, preProcess: preProcess as BatchConfig['preProcess'], postProcess };
      return plan === undefined
        ? new ImportInsertJob(jobOptions, importing)
        : new ImportUpsertJob(jobOptions, plan, importing);
    },
  };
}

/** @throws ConfigError for options that contradict each other */
function checkTogether<M extends AnyMapping>(options: BatchImportOptions<M>): void {
  const { uniqueFields, updateOnConflict, onRecordError, rejects, onReject, checkpoint, dryRun } = options;
  const { atomicity, strategy } = options;
  const refuse = (why: string): never => {
    throw new ConfigError(`${operation}: ${why}`);
  };
  if (updateOnConflict !== undefined && updateOnConflict !== false && uniqueFields === undefined) {
    refuse('updateOnConflict needs uniqueFields, which tell whether a row is there.');
  }
  if ((rejects !== undefined || onReject !== undefined) && onRecordError !== 'skip') {
    refuse(
      `${rejects === undefined ? 'onReject' : 'rejects'} is about records that are left out: it needs onRecordError: 'skip'.`,
    );
  }
  if (checkpoint !== undefined) {
    if (atomicity === 'all') refuse("a checkpoint commits chunk by chunk: leave atomicity: 'all' out.");
    if (dryRun) refuse('a dry run commits nothing, and so has no checkpoint.');
    if (strategy === 'single_query' || strategy === 'optimistic') {
      refuse(`a checkpoint commits chunk by chunk, and ${strategy} is everything at once.`);
    }
  }
  if (dryRun && (atomicity === 'chunk' || strategy === 'parallel')) {
    refuse("a dry run is one transaction, which is taken back: leave atomicity: 'chunk' and parallel out.");
  }
}
