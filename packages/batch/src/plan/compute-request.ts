import type { AnyMapping } from '@uno/domain';
import type { ComputePlan } from '../compute/compute-plan.js';
import type { EngineCall } from '../engine/engine-call.js';
import { isSideBySide } from '../engine/most-at-once.js';
import type { Step } from '../engine/step.js';
import { callMaking } from '../operations/call-making.js';
import type { BatchSource } from '../source/batch-source.js';
import { spareConnections } from '../workspace/spare-connections.js';
import { readingSteps, requireKeys, scanningSteps } from './compute-reading.js';
import { type ComputedKey, ComputeRehearsal } from './compute-rehearsal.js';
import type { PlanRequest } from './plan-call.js';
import type { PlannedPlace } from './planned-job.js';
import type { RehearsedAccount } from './rehearsed-job.js';

/** What a plan of `batchCompute` is made of, but for what was said of the strategy. */
export function computeRequest<M extends AnyMapping, R>(
  plan: ComputePlan<M, R>,
): Omit<
  PlanRequest<M, ComputedKey, readonly Step[], RehearsedAccount<ComputedKey>>,
  'said' | 'chosen' | 'isConfigured'
> {
  const { db, config, source, options, writing, total } = plan;
  const keys = Array.isArray(source.keys) ? source.keys : undefined;
  const isWritten = writing !== undefined;
  const given: BatchSource<unknown> = source.keys ?? [];
  const place: PlannedPlace = {
    isJoined: db.isTransaction,
    spareWorkers: (underWay) => spareConnections(db, underWay),
  };
  const operation = 'batchCompute';
  const making = {
    ...callMaking(plan, operation, given),
    config: { ...config, maxWorkers: options.concurrency ?? config.maxWorkers },
    total,
  };
  return {
    target: plan,
    request: {
      operation,
      options,
      jobOf: (call) =>
        new ComputeRehearsal(plan, place, () => requireKeys({ mapping: plan.mapping }, call, keys ?? [])),
    },
    source: given,
    records: keys?.length,
    making,
    isWritten,
    looksUp: true,
    isDry: false,
    isUncertain: isWritten,
    notes: ['The function is called for each row, and was not called here: what it gives is not planned.'],
    whyOther: whyOther(isWritten, db.isTransaction),
    // Keys that are all written in one transaction come as a list, others one by one.
    feed: ({ byChunk }) => (keys === undefined || (isWritten && !byChunk) ? keys : each(keys)),
    readingOf: async (call) => {
      if (keys !== undefined) return { once: [], each: await readingSteps(plan, call, keys) };
      if (source.keys !== undefined) return { once: [], each: await readingSteps(plan, call, []) };
      const { first, next } = scanningSteps(plan, call);
      return { once: [first], each: next === undefined ? [] : [next] };
    },
    readsBeside: (call) => readsBeside(call, place, isWritten),
  };
}

async function* each<T>(values: readonly T[]): AsyncIterable<T> {
  yield* values;
}

/** Whether the next rows are read while a chunk is written on another connection. */
function readsBeside(call: EngineCall, place: PlannedPlace, isWritten: boolean): boolean {
  return isWritten && (isSideBySide(call, place) || (call.strategy === 'pipelined' && !place.isJoined));
}

function whyOther(isWritten: boolean, isJoined: boolean): string {
  if (isWritten) return 'a transaction has one connection, on which nothing is read while something is written';
  return isJoined
    ? 'a transaction has one connection, on which nothing is read ahead'
    : 'nothing is written side by side, so that the next page is read ahead instead';
}
