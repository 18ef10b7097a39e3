import type { AnyMapping, BatchWriteOptions } from '@uno/domain';
import { poolUse } from '@uno/postgres';
import type { ComputeTarget } from '../compute/compute-plan.js';
import type { Account } from '../engine/batch-job.js';
import { BatchRun } from '../engine/batch-run.js';
import type { CallRequest } from '../engine/call-request.js';
import type { EngineCall } from '../engine/engine-call.js';
import { isSideBySide, mostAtOnce } from '../engine/most-at-once.js';
import type { Step } from '../engine/step.js';
import { type CallMaking, withCall } from '../engine/with-call.js';
import { idleRecorder } from '../metrics/call-recorder.js';
import { callMaking } from '../operations/call-making.js';
import { type BatchSource, openSource } from '../source/batch-source.js';
import { StillSizes } from '../tuning/still-sizes.js';
import type { BatchPlan, PlannedChunks, PlannedConnections, PlannedTransactions } from './batch-plan.js';
import { planFailure } from './failure-plan.js';
import type { PlannedJob } from './planned-job.js';
import { Rehearsal } from './rehearsal.js';
import { type RehearsedChunk, RehearsedJob } from './rehearsed-job.js';
import { StatementTally } from './statement-plan.js';
import { planStrategy, type StrategyCase } from './strategy-plan.js';

/** A call that is to be planned. */
export interface PlanRequest<M extends AnyMapping, I, V, A extends Account<I, V>>
  extends Pick<StrategyCase, 'chosen' | 'isConfigured' | 'whyOther'> {
  readonly target: ComputeTarget<M>;
  /** The call as it would be made. */
  readonly request: CallRequest<PlannedJob<I, V, A>>;
  /** The records, where the engine is given them as they are. */
  readonly source: BatchSource<unknown>;
  /** How many they are, if not as many as the source has. */
  readonly records?: number | undefined;
  /** What the call is made of besides, if not the usual. */
  readonly making?: CallMaking | undefined;
  /** What the engine is given, if not the source itself; `undefined` where that cannot be known. */
  feed?(call: EngineCall): BatchSource<unknown> | undefined;
  /** What is sent for the records of the source before their chunks. */
  readingOf?(call: EngineCall): Promise<Reading>;
  /** Whether the source is read on a connection of its own, beside the chunks. */
  readsBeside?(call: EngineCall): boolean;
  /** What is to be known, instead of what holds for `preProcess`. */
  readonly notes?: readonly string[] | undefined;
  /** Whether what a chunk sends is known only when functions of the caller's have been called. */
  readonly isUncertain?: boolean | undefined;
  /** The options as the caller said them. */
  readonly said: BatchWriteOptions;
  /** `false` where nothing is written that would have to hold together. */
  readonly isWritten: boolean;
  /** Whether a COMMIT of which nobody knows is looked up. */
  readonly looksUp: boolean;
  readonly isDry: boolean;
}

/** What is sent to read the records of a source. */
export interface Reading {
  /** Once, before all chunks. */
  readonly once: readonly Step[];
  /** For chunks. */
  readonly each: readonly Step[];
}

/** What the engine would do, as far as it can be known; `undefined` is what cannot. */
interface Rehearsed {
  readonly rehearsal: Rehearsal;
  /** In the order of their records; `undefined` for a source that is no array, which is not read. */
  readonly chunks: readonly RehearsedChunk[] | undefined;
  readonly tally: StatementTally;
}

/**
 * Rehearses a call: its records are read, folded, cut and encoded by what would do it, and nothing is sent but the
 * question what the catalogue says of the table.
 *
 * @throws BatchError for a record at fault, as the call would
 */
export function planCall<M extends AnyMapping, I, V, A extends Account<I, V>>(
  plan: PlanRequest<M, I, V, A>,
): Promise<BatchPlan> {
  const { target, request, source } = plan;
  const { operation, options } = request;
  const making = plan.making ?? callMaking(target, operation, source);
  const quiet = { ...making, config: { ...making.config, onError: undefined }, recorder: idleRecorder };
  // It makes a difference that somebody looks on.
  const onProgress = options.onProgress && (() => undefined);
  return withCall(quiet, { ...options, onProgress }, async (timed) => {
    const call = { ...timed, sizes: new StillSizes(timed.sizes) };
    const job = request.jobOf(call);
    const rehearsed = await rehearse(plan, call, job);
    return deepFrozen(assemble(plan, call, job, rehearsed));
  });
}

async function rehearse<M extends AnyMapping, I, V, A extends Account<I, V>>(
  plan: PlanRequest<M, I, V, A>,
  call: EngineCall,
  job: PlannedJob<I, V, A>,
): Promise<Rehearsed> {
  const { target, source, isWritten, isDry } = plan;
  const { db, observers } = target;
  const isObserved = observers.length > 0;
  const rehearsal = new Rehearsal({ db, workspace: job.workspace, isWritten, isObserved, isDry });
  const rehearsed = new RehearsedJob(job, rehearsal);
  const tally = new StatementTally();
  const feed = feedOf(plan, call);
  const reading = await plan.readingOf?.(call);
  for (const step of reading?.once ?? []) tally.add('before', step);
  for (const step of reading?.each ?? []) tally.add('chunk', step);
  if (feed === undefined) {
    if (!isIterable(source)) openSource(call.operation, source);
    await rehearsed.ready();
    for (const step of job.prepare([]).steps?.(rehearsal.session()) ?? []) tally.add('chunk', step);
    for (const step of job.sealSteps?.() ?? []) tally.add('chunk', step);
    return { rehearsal, chunks: undefined, tally };
  }
  const chunks = await new BatchRun(rehearsed, call).run(feed, (account) => account.chunks);
  const inOrder = chunks.toSorted((a, b) => a.first - b.first);
  rehearsal.sent(reading?.each ?? [], !rehearsal.isJoined);
  for (const step of rehearsal.before) tally.add('before', step);
  for (const { steps } of inOrder) for (const step of steps) tally.add('chunk', step);
  for (const step of rehearsal.sealing) tally.add('chunk', step);
  for (const step of rehearsal.after) tally.add('after', step);
  return { rehearsal, chunks: inOrder, tally };
}

function countOf<M extends AnyMapping, I, V, A extends Account<I, V>>({
  feed,
  records,
  source,
}: PlanRequest<M, I, V, A>): number | null {
  if (feed !== undefined) return records ?? null;
  return Array.isArray(source) ? source.length : null;
}

function feedOf<M extends AnyMapping, I, V, A extends Account<I, V>>(
  plan: PlanRequest<M, I, V, A>,
  call: EngineCall,
): BatchSource<unknown> | undefined {
  if (plan.feed !== undefined) return plan.feed(call);
  return Array.isArray(plan.source) ? plan.source : undefined;
}

function isIterable(source: unknown): boolean {
  return typeof source === 'object' && source !== null && (Symbol.iterator in source || Symbol.asyncIterator in source);
}

function assemble<M extends AnyMapping, I, V, A extends Account<I, V>>(
  plan: PlanRequest<M, I, V, A>,
  call: EngineCall,
  job: PlannedJob<I, V, A>,
  rehearsed: Rehearsed,
): BatchPlan {
  const { target, isWritten, looksUp, isUncertain } = plan;
  const { chunks, tally, rehearsal } = rehearsed;
  const { isJoined } = job.workspace;
  const transactions = planTransactions(plan, call, job, rehearsed);
  const alone = chunks?.flatMap(({ steps }) => steps.filter(({ way }) => way === 'alone'));
  return {
    operation: call.operation,
    table: target.mapping.tableName,
    records: countOf(plan),
    strategy: planStrategy({ ...plan, call, isJoined }),
    sets: {
      oneByOne: alone?.reduce((sum, { indices }) => sum + indices.length, 0) ?? null,
      why: [...new Set(alone?.map(({ why }) => why))].join('; ') || 'nothing keeps these records from going in sets',
    },
    chunks: planChunks(call, chunks),
    statements: tally.statements(chunks !== undefined),
    connections: planConnections(plan, call, job, chunks?.length),
    transactions,
    roundTrips: chunks === undefined || isUncertain ? null : rehearsal.roundTrips,
    onFailure: planFailure({
      call,
      isJoined,
      isWritten,
      looksUp,
      isIdempotent: job.isIdempotent,
      hasTransactions: transactions.count !== 0,
      hasAlone: transactions.alone !== 0,
      isList: Array.isArray(feedOf(plan, call)) || job.resolve !== undefined,
      isNamed: job.namesFaults ?? false,
      hasOtherWay: job.otherWay !== undefined,
      fallsBack: job.alone !== undefined && (isWritten || !isJoined),
      largest: largestOf(chunks),
      isSideBySide: isSideBySide(call, job.workspace),
    }),
    notes: notesOf(plan, call, job),
  };
}

/** Items in the largest chunk; `undefined` where some stand for several records, which are parted in other ways. */
function largestOf(chunks: readonly RehearsedChunk[] | undefined): number | undefined {
  if (chunks === undefined || chunks.some(({ items, records }) => items < records)) return undefined;
  return chunks.reduce((most, { items }) => Math.max(most, items), 0);
}

function planChunks(
  { strategy, sizes: { says } }: EngineCall,
  chunks: readonly RehearsedChunk[] | undefined,
): PlannedChunks {
  const isWhole = strategy === 'single_query' || strategy === 'optimistic';
  const planned = chunks?.map(({ items }) => items);
  return {
    count: chunks?.length ?? (isWhole ? 1 : null),
    sizes: planned ?? null,
    cutBy: isWhole ? `the strategy: ${strategy} takes everything at once` : says,
    folded: chunks?.reduce((sum, { items, records }) => sum + records - items, 0) ?? null,
    refused: (chunks ?? []).flatMap(({ failures }) =>
      failures.map(({ index, key = null, error: { code, message } }) => ({ index, key, code, message })),
    ),
  };
}

function planConnections<M extends AnyMapping, I, V, A extends Account<I, V>>(
  { target, readsBeside }: PlanRequest<M, I, V, A>,
  call: EngineCall,
  { workspace, finish }: PlannedJob<I, V, A>,
  chunks: number | undefined,
): PlannedConnections {
  const limit = (isSideBySide(call, workspace) ? mostAtOnce(call, workspace, 0) : 1) + (readsBeside?.(call) ? 1 : 0);
  const needed = finish === undefined ? chunks : 1;
  const most = Math.min(limit, needed ?? Number.POSITIVE_INFINITY);
  return {
    most: Number.isFinite(most) ? most : null,
    poolSize: poolUse(target.db)?.max ?? null,
  };
}

function planTransactions<M extends AnyMapping, I, V, A extends Account<I, V>>(
  { isWritten, isUncertain }: PlanRequest<M, I, V, A>,
  { byChunk }: EngineCall,
  { workspace: { isJoined }, finish }: PlannedJob<I, V, A>,
  { chunks, rehearsal }: Rehearsed,
): PlannedTransactions {
  const isolation = isJoined ? "that of the caller's transaction" : "the database's default";
  const place = { joined: isJoined, isolation };
  if (chunks !== undefined) {
    const { transactions: count, alone, savepoints } = rehearsal;
    // A chunk of which nobody knows how many statements it is may need a transaction or not.
    const isKnown = !isUncertain || isJoined || (!byChunk && chunks.length > 1);
    return isKnown ? { ...place, count, alone, savepoints } : { ...place, count: null, alone: null, savepoints };
  }
  if (!isWritten) return { ...place, count: 0, alone: null, savepoints: 0 };
  const isOne = finish !== undefined;
  return {
    ...place,
    count: isJoined ? 0 : isOne ? 1 : null,
    alone: isJoined || isOne ? 0 : null,
    savepoints: byChunk && !isJoined ? 0 : null,
  };
}

function notesOf<M extends AnyMapping, I, V, A extends Account<I, V>>(
  plan: PlanRequest<M, I, V, A>,
  call: EngineCall,
  { preProcess, postProcess }: PlannedJob<I, V, A>,
): string[] {
  const { isDry, target } = plan;
  const { onProgress, sizes } = call;
  const notes: string[] = [];
  if (feedOf(plan, call) === undefined) {
    notes.push('The source is no array and was not read: what depends on its records is not known.');
  }
  if (sizes.isTuned) {
    notes.push(
      'optimizeForSize goes on by the measured time: the sizes are those to begin with, and other numbers follow from them.',
    );
  }
  if (plan.notes !== undefined) notes.push(...plan.notes);
  else if (preProcess !== undefined) {
    notes.push(
      'preProcess is called for each record, and was not called here: what it changes or drops is not planned.',
    );
  }
  if (postProcess !== undefined) notes.push('postProcess is called for each record.');
  if (onProgress !== undefined) notes.push('onProgress is called after each chunk.');
  if (isDry) notes.push('It is a dry run: everything is done, and taken back.');
  if (target.observers.length > 0) notes.push(`Observers of writes that are told: ${target.observers.length}.`);
  return notes;
}

function deepFrozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const one of Object.values(value)) deepFrozen(one);
  return Object.freeze(value);
}
