import {
  type AnyMapping,
  type BatchProgress,
  commitsByChunk,
  filterCondition,
  resolveCall,
  type UpdatePlan,
  updatePlan,
  type WriteObserver,
} from '@uno/domain';
import { ConfigError, kindOf, type Queryable } from '@uno/postgres';
import { type RawBuilder, sql } from 'kysely';
import { type BatchConfig, callDefaults, type ResolvedConfig } from '../config/batch-config.js';
import type { BatchMetrics } from '../metrics/batch-metrics.js';
import { type AnyComputeOptions, checkComputeOptions, checkComputeSource, computeRules } from './compute-options.js';
import type { ComputeFunction, ComputeSource } from './compute-types.js';

/** Where a call computes, and what it goes by. */
export interface ComputeTarget<M extends AnyMapping> {
  readonly mapping: M;
  readonly db: Queryable;
  readonly config: ResolvedConfig<BatchConfig>;
  readonly observers: readonly WriteObserver[];
  readonly metrics: BatchMetrics;
  /** Whether the caller keeps what is read by key. */
  readonly isCached?: boolean | undefined;
}

/** What a caller asks for. */
export interface ComputeRequest<M extends AnyMapping, R> {
  readonly source: ComputeSource<M>;
  readonly compute: ComputeFunction<M, R>;
  readonly options: AnyComputeOptions<M, R>;
}

/** A call whose options are checked and decided. */
export interface ComputePlan<M extends AnyMapping, R> extends ComputeTarget<M>, ComputeRequest<M, R> {
  /** What the filter of the source says. */
  readonly condition: RawBuilder<unknown>;
  /** The fields that may be written; `undefined` where nothing is. */
  readonly writing: UpdatePlan | undefined;
  /** The number of keys, where that is known. */
  readonly total: number | undefined;
}

/**
 * Checks a call before anything is done.
 *
 * @throws ConfigError for options that are unknown or contradict each other
 * @throws ValidationError for a filter that is wrong
 */
export function planCompute<M extends AnyMapping, R>(
  target: ComputeTarget<M>,
  { source, compute, options }: ComputeRequest<M, R>,
): ComputePlan<M, R> {
  const { mapping, config, db } = target;
  const defaults = { ...callDefaults(config), optimizeForSize: undefined };
  const said: AnyComputeOptions<M, R> = resolveCall('batchCompute', computeRules, defaults, options);
  checkComputeOptions(said);
  checkComputeSource(source);
  if (typeof compute !== 'function') throw new ConfigError(`batchCompute takes a function, not ${kindOf(compute)}.`);
  const { writeBack = false } = said;
  const named = typeof writeBack === 'boolean' ? undefined : writeBack;
  const total = Array.isArray(source.keys) ? source.keys.length : undefined;
  const way = wayOf(said, {
    writes: writeBack !== false,
    isTable: source.keys === undefined,
    inTransaction: db.isTransaction,
  });
  return {
    ...target,
    source,
    compute,
    options: { ...said, ...way, onProgress: knowing(total, said.onProgress) },
    condition: source.filters === undefined ? sql`true` : filterCondition(mapping, source.filters),
    writing: writeBack === false ? undefined : updatePlan(mapping, { fields: named }),
    total,
  };
}

/**
 * What is computed of a table is committed chunk by chunk unless the call says otherwise: a transaction that is open as
 * long as a table takes keeps PostgreSQL from cleaning up after anybody, and loses everything at the last row.
 *
 * In a transaction, which has one connection, nothing can be read while something is written.
 */
function wayOf(
  { strategy = 'chunked', atomicity }: Pick<AnyComputeOptions<AnyMapping, unknown>, 'strategy' | 'atomicity'>,
  {
    writes,
    isTable,
    inTransaction,
  }: { readonly writes: boolean; readonly isTable: boolean; readonly inTransaction: boolean },
): Pick<AnyComputeOptions<AnyMapping, unknown>, 'strategy' | 'atomicity'> {
  if (!writes) {
    const isAhead = strategy === 'pipelined' || strategy === 'parallel';
    return { strategy: isAhead ? (inTransaction ? 'chunked' : 'pipelined') : strategy, atomicity: 'chunk' };
  }
  const way = { strategy, atomicity: atomicity ?? (isTable && !inTransaction ? 'chunk' : undefined) };
  const isOne = inTransaction || !commitsByChunk('batchCompute', way, inTransaction);
  return strategy === 'pipelined' && isOne ? { ...way, strategy: 'chunked' } : way;
}

/** Tells the number of keys, which are known though they come to the engine one by one. */
function knowing(
  total: number | undefined,
  onProgress: ((progress: BatchProgress) => void) | undefined,
): ((progress: BatchProgress) => void) | undefined {
  if (total === undefined || onProgress === undefined) return onProgress;
  return (progress) => {
    const { processed, recordsPerSecond } = progress;
    const rest = total - processed;
    const remainingMs = rest === 0 ? 0 : recordsPerSecond > 0 ? (rest / recordsPerSecond) * 1000 : undefined;
    return onProgress({ ...progress, total, remainingMs });
  };
}
