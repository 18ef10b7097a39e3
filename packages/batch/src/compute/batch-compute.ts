import type { AnyMapping, UpdatePlan, WithOutcomes, WriteResult } from '@uno/domain';
import { BatchRun } from '../engine/batch-run.js';
import type { EngineCall } from '../engine/engine-call.js';
import { withCall } from '../engine/with-call.js';
import { ReadWorkspace } from '../workspace/read-workspace.js';
import { TransactionWorkspace } from '../workspace/transaction-workspace.js';
import { Computation } from './computation.js';
import { inOrder } from './compute-account.js';
import { ComputeJob } from './compute-job.js';
import type { ComputePlan } from './compute-plan.js';
import type { ComputeTotals, WithResults } from './compute-types.js';
import { LockedJob } from './locked-job.js';
import { OneTransaction } from './one-transaction.js';
import { RowReader } from './row-reader.js';
import { type SlotSource, slotSource } from './slot-source.js';
import { WriteBackJob, type WriteBackOptions } from './write-back-job.js';

/** What a call gives, of which a part is there only if it was asked for. */
export type ComputeGiven<R> = (ComputeTotals | (WriteResult & Partial<WithOutcomes>)) &
  Partial<WithResults<R | undefined>>;

/** Computes something of rows, and writes it back if that is asked for; see {@link BatchOperations.batchCompute}. */
export function batchCompute<M extends AnyMapping, R>(plan: ComputePlan<M, R>): Promise<ComputeGiven<R>> {
  const { config, mapping, db, metrics, options, writing, total } = plan;
  const making = {
    operation: 'batchCompute',
    name: mapping.name,
    table: mapping.tableName,
    config: { ...config, maxWorkers: options.concurrency ?? config.maxWorkers },
    metrics,
    inTransaction: db.isTransaction,
    total,
  };
  return withCall(making, options, (call) =>
    writing === undefined ? compute(plan, call) : writeBack(plan, writing, call),
  );
}

async function compute<M extends AnyMapping, R>(plan: ComputePlan<M, R>, call: EngineCall): Promise<ComputeGiven<R>> {
  const { db, source, options } = plan;
  const { onResult } = options;
  const reader = new RowReader({ ...plan, call });
  const records = slotSource({ ...plan, call, reader, writes: false, locks: false });
  const job = new ComputeJob({
    workspace: new ReadWorkspace(db, call.deadline.signal, call.recorder),
    call,
    computation: computationOf(plan, call),
    requireKeys: records.requireKeys,
    onResult,
  });
  return closing(records, () =>
    new BatchRun(job, call).run(records.slots, (account) => ({
      ...account.totals(),
      ...(onResult === undefined ? account.results(source.keys !== undefined) : {}),
    })),
  );
}

async function writeBack<M extends AnyMapping, R>(
  plan: ComputePlan<M, R>,
  writing: UpdatePlan,
  call: EngineCall,
): Promise<ComputeGiven<R>> {
  const { mapping, db, observers, source, condition, config } = plan;
  const { outcomes = false, returnResults = false, lock: locks = false } = plan.options;
  const whole = {
    target: { mapping, db, observers },
    kind: 'update',
    signal: call.deadline.signal,
    recorder: call.recorder,
  } as const;
  const one = call.byChunk ? undefined : new OneTransaction(whole);
  const reader = new RowReader({ ...plan, call, inside: one && (() => one.execute) });
  const records = slotSource({ ...plan, call, reader, writes: true, locks });
  const values = new Map<number, R>();
  const options: WriteBackOptions<M, R> = {
    mapping,
    db,
    workspace: one ?? new TransactionWorkspace(whole),
    call,
    outcomes,
    keys: false,
    postProcess: config.postProcess,
    writing,
    computation: computationOf(plan, call),
    requireKeys: records.requireKeys,
    keep: returnResults ? (index, value) => values.set(index, value) : undefined,
  };
  const job = locks ? new LockedJob(options, condition) : new WriteBackJob(options);
  return closing(records, () =>
    new BatchRun(job, call).run(records.slots, (account) => {
      const result = account.result();
      if (!returnResults) return result;
      const kept = [...values].map(([index, value]) => ({ index, value }));
      return { ...result, results: inOrder(kept, source.keys === undefined ? undefined : result.total) };
    }),
  );
}

function computationOf<M extends AnyMapping, R>(
  { mapping, compute: run }: ComputePlan<M, R>,
  { deadline, ending, skips }: EngineCall,
): Computation<M, R> {
  const signal = deadline.signal === undefined ? ending : AbortSignal.any([deadline.signal, ending]);
  return new Computation({ mapping, compute: run, signal, deadline, skips });
}

async function closing<T>(records: SlotSource, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } finally {
    records.close();
  }
}
