import {
  type BatchCallOptions,
  type BatchWriteOptions,
  callback,
  mergeOptions,
  type OptionRules,
  resolveCall,
  writeOptionRules,
} from '@uno/domain';
import { ConfigError } from '@uno/postgres';
import {
  callDefaults,
  type EngineConfig,
  engineConfigRules,
  type ResolvedConfig,
  resolveConfig,
} from '../config/batch-config.js';
import { BatchRun } from '../engine/batch-run.js';
import { withCall } from '../engine/with-call.js';
import { BatchMetrics } from '../metrics/batch-metrics.js';
import type { BatchMetricsSnapshot } from '../metrics/batch-metrics-snapshot.js';
import type { BatchSource } from '../source/batch-source.js';
import type { BatchWork, ChunkFunction, PreparedBatchWork } from './batch-work.js';
import type { ProcessResult } from './process-account.js';
import { ProcessJob } from './process-job.js';

/** How a {@link BatchProcessor} works unless a call says otherwise. */
export interface BatchProcessorConfig extends EngineConfig {
  /** What it is called in errors, logs, metrics and spans. Default `records`. */
  readonly name?: string | undefined;
}

/** Options of one call of a {@link BatchProcessor}. */
export interface ProcessOptions extends BatchCallOptions, Pick<BatchWriteOptions, 'onRecordError' | 'maxFailures'> {}

const configRules: OptionRules<BatchProcessorConfig> = {
  ...engineConfigRules,
  name: { takes: 'a text', allows: (value) => typeof value === 'string' },
};

const { atomicity: _atomicity, ...processRules } = writeOptionRules;

/**
 * Runs a function of yours over records in chunks, under the strategies of the batch operations: one call for all of
 * them, chunks in turn or side by side, a pipeline, or everything at once and chunks if that fails.
 *
 * The function does a chunk wholly or not at all. A chunk that is done stays done when a later one fails; the error says
 * which records are. Under `onRecordError: 'skip'` a chunk that fails is halved until the records at fault are alone.
 *
 * @example
 * ```ts
 * const processor = new BatchProcessor({ name: 'thumbnails', executionStrategy: 'parallel', maxWorkers: 8 });
 * const { results, failed } = await processor.process(images, (chunk, { signal }) => render(chunk, signal), {
 *   batchSize: 20,
 *   onRecordError: 'skip',
 * });
 * ```
 */
export class BatchProcessor {
  readonly #config: ResolvedConfig<BatchProcessorConfig>;
  readonly #metrics = new BatchMetrics();

  /** @throws ConfigError for a configuration that is wrong */
  constructor(config: BatchProcessorConfig = {}) {
    this.#config = resolveConfig('BatchProcessor', configRules, config);
  }

  /** What the calls have done so far; nothing under `collectMetrics: false`. */
  getMetrics(): BatchMetricsSnapshot {
    return this.#metrics.snapshot();
  }

  /**
   * Takes the records of a source, once, and does them all.
   *
   * @param work - the chunk function, or that and what is to be done before and after it
   * @returns totals that add up to the records taken, and the results in the order of the source
   * @throws BatchError when records are done and others not: it says which
   * @throws CallbackError with what a function or the source threw
   * @throws CanceledError, OperationTimeoutError
   */
  process<T, R>(
    source: BatchSource<T>,
    work: ChunkFunction<T, R> | BatchWork<T, R>,
    options?: ProcessOptions,
  ): Promise<ProcessResult<R>>;
  process<T, I, R>(
    source: BatchSource<T>,
    work: PreparedBatchWork<T, I, R>,
    options?: ProcessOptions,
  ): Promise<ProcessResult<R>>;
  async process<T, I, R>(
    source: BatchSource<T | I>,
    work: ChunkFunction<I, R> | BatchWork<I, R> | PreparedBatchWork<T, I, R>,
    options: ProcessOptions = {},
  ): Promise<ProcessResult<R>> {
    const resolved = resolveCall<ProcessOptions>('process', processRules, callDefaults(this.#config), options);
    const stages = typeof work === 'function' ? { execute: work } : checkWork(work);
    const making = {
      operation: 'process',
      name: this.#config.name ?? 'records',
      config: this.#config,
      metrics: this.#metrics,
      inTransaction: false,
      total: Array.isArray(source) ? source.length : undefined,
    };
    // A chunk that is done cannot be undone.
    return withCall(making, { ...resolved, atomicity: 'chunk' }, (call) =>
      new BatchRun(new ProcessJob<T, I, R>(stages, call), call).run(source, (account) => account.result()),
    );
  }
}

const workRules: OptionRules<PreparedBatchWork<unknown, unknown, unknown>> = {
  execute: callback,
  preProcess: callback,
  postProcess: callback,
  keyOf: callback,
  isTransient: callback,
};

/**
 * A misspelt function would never be called. An object of a class may have whatever else it likes.
 *
 * @throws ConfigError for a function that is unknown, or something else
 */
function checkWork<W extends { readonly execute: unknown }>(work: W): W {
  const prototype: unknown = Object.getPrototypeOf(Object(work));
  if (prototype === Object.prototype || prototype === null) mergeOptions('process', workRules, work);
  if (typeof Object(work).execute === 'function') return work;
  throw new ConfigError('process takes a chunk function, or an object with one as execute.');
}
