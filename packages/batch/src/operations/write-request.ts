import { type AnyMapping, type BatchWriteOptions, resolveCall, updatePlan, type WriteKind } from '@uno/domain';
import { ConfigError } from '@uno/postgres';
import type { ComputeTarget } from '../compute/compute-plan.js';
import { callDefaults } from '../config/batch-config.js';
import type { CallRequest } from '../engine/call-request.js';
import type { EngineCall } from '../engine/engine-call.js';
import { TransactionWorkspace } from '../workspace/transaction-workspace.js';
import {
  type BatchDeleteOptions,
  type BatchInsertOptions,
  type BatchUpdateOptions,
  type BatchUpsertOptions,
  deleteRules,
  insertRules,
  updateRules,
  upsertRules,
} from './batch-options.js';
import { DeleteJob } from './delete-job.js';
import { InsertJob } from './insert-job.js';
import { UpdateJob } from './update-job.js';
import { UpsertJob } from './upsert-job.js';
import { upsertPlan } from './upsert-plan.js';
import type { WriteJob, WriteJobOptions } from './write-job.js';

/** What a write may be asked to give. */
interface GivingOptions extends BatchWriteOptions {
  readonly outcomes?: boolean | undefined;
  readonly returnModels?: boolean | undefined;
  readonly returnKeys?: boolean | undefined;
}

/** A write whose options are checked and decided, before it is known of which records. */
export interface WriteRequest<M extends AnyMapping> extends CallRequest<WriteJob<M>> {
  readonly options: GivingOptions;
}

/** @throws ConfigError */
export function insertRequest<M extends AnyMapping>(
  target: ComputeTarget<M>,
  options: BatchInsertOptions,
): WriteRequest<M> {
  const operation = 'batchInsert';
  const resolved = resolveCall(operation, insertRules, callDefaults(target.config), options);
  if (resolved.returnKeys && resolved.returnModels) {
    throw new ConfigError('batchInsert: returnModels gives the keys, too: leave returnKeys out.');
  }
  return {
    operation,
    options: resolved,
    jobOf: (call) => new InsertJob(writeJobOptions(target, 'insert', resolved, call), resolved.transport),
  };
}

/** @throws ConfigError */
export function updateRequest<M extends AnyMapping>(
  target: ComputeTarget<M>,
  options: BatchUpdateOptions<M>,
): WriteRequest<M> {
  const operation = 'batchUpdate';
  const resolved = resolveCall(operation, updateRules, callDefaults(target.config), options);
  const plan = updatePlan(target.mapping, resolved);
  return {
    operation,
    options: resolved,
    jobOf: (call) => new UpdateJob(writeJobOptions(target, 'update', resolved, call), plan),
  };
}

/** @throws ConfigError */
export function upsertRequest<M extends AnyMapping>(
  target: ComputeTarget<M>,
  options: BatchUpsertOptions<M>,
): WriteRequest<M> {
  const operation = 'batchUpsert';
  const resolved = resolveCall(operation, upsertRules, callDefaults(target.config), options);
  const plan = upsertPlan(target.mapping, target.db, resolved);
  return {
    operation,
    options: resolved,
    jobOf: (call) => new UpsertJob(writeJobOptions(target, 'upsert', resolved, call), plan),
  };
}

/** @throws ConfigError */
export function deleteRequest<M extends AnyMapping>(
  target: ComputeTarget<M>,
  options: BatchDeleteOptions,
): WriteRequest<M> {
  const operation = 'batchDelete';
  const resolved = resolveCall(operation, deleteRules, callDefaults(target.config), options);
  return {
    operation,
    options: resolved,
    jobOf: (call) => new DeleteJob(writeJobOptions(target, 'delete', resolved, call)),
  };
}

function writeJobOptions<M extends AnyMapping>(
  { mapping, db, observers, config }: ComputeTarget<M>,
  kind: WriteKind,
  { outcomes = false, returnModels: models = false, returnKeys: keys = false }: GivingOptions,
  call: EngineCall,
): WriteJobOptions<M> {
  const { signal } = call.deadline;
  const workspace = new TransactionWorkspace({
    target: { mapping, db, observers },
    kind,
    signal,
    recorder: call.recorder,
  });
  const { preProcess, postProcess, collectMetrics: samples } = config;
  return { mapping, db, workspace, call, outcomes, models, keys, preProcess, postProcess, samples };
}
