import { availableParallelism } from 'node:os';
import {
  type CallDefaults,
  callback,
  checkSizeTuning,
  defaultRetryPolicy,
  flag,
  mergeOptions,
  type OptionRules,
  type RecordCallbacks,
  type SizeTuning,
  wholeNumberFrom,
  writeOptionRules,
} from '@uno/domain';
import { isLogger, type Logger } from '../metrics/logger.js';
import { BatchExecutionStrategy } from './batch-execution-strategy.js';
import { BatchSize } from './batch-size.js';
import { defaultWorkers } from './default-workers.js';

/** How batches are done unless a call says otherwise, whatever they are made of. */
export interface EngineConfig extends Pick<RecordCallbacks, 'onError'> {
  /** Records in one chunk, from 1. Default {@link BatchSize}.LARGE. */
  readonly batchSize?: number | undefined;
  /**
   * Finds the number of records in a chunk out, instead of `batchSize`, where the strategy cuts chunks: begins with what
   * their width and number of columns suggest, and goes on by the measured time. `true`, or its bounds. Default `false`.
   */
  readonly optimizeForSize?: boolean | SizeTuning | undefined;
  /** Default `chunked`. */
  readonly executionStrategy?: BatchExecutionStrategy | undefined;
  /**
   * Chunks that are done side by side under `parallel`, at most, from 1, and calls of an async `preProcess` or
   * `postProcess`. Default twice the cores of this machine, from 4 to 16. One connection of the pool at least is left to
   * others.
   */
  readonly maxWorkers?: number | undefined;
  /** Whether `getMetrics` has something to tell. Default `true`. */
  readonly collectMetrics?: boolean | undefined;
  /** Tells the logger how far a call has come, at most once a second, and how it ended. Default `false`. */
  readonly logProgress?: boolean | undefined;
  /** Hears of progress, retries, and of records that had to be done one by one. Default `console` for progress. */
  readonly logger?: Logger | undefined;
  /** Milliseconds after which a call is cancelled on the server. No limit if not said. */
  readonly timeoutMs?: number | undefined;
  /** How often a transaction is repeated after a failure that may pass, from 0. Default 3. */
  readonly retryCount?: number | undefined;
  /** The longest pause before the first repetition, in milliseconds; it doubles with each further one. Default 100. */
  readonly retryDelayMs?: number | undefined;
}

/** How {@link BatchOperations} work unless a call says otherwise. */
export interface BatchConfig extends EngineConfig, RecordCallbacks {}

/** What an engine configuration comes to when everything that has a default is said. */
export type ResolvedConfig<C extends EngineConfig> = Readonly<C> & typeof defaultBatchConfig;

/** What holds where nothing is said. */
export const defaultBatchConfig = Object.freeze({
  batchSize: BatchSize.LARGE as number,
  executionStrategy: BatchExecutionStrategy.CHUNKED as BatchExecutionStrategy,
  maxWorkers: defaultWorkers(availableParallelism()),
  collectMetrics: true,
  logProgress: false,
  ...defaultRetryPolicy,
});

export const engineConfigRules: OptionRules<EngineConfig> = {
  batchSize: writeOptionRules.batchSize,
  optimizeForSize: writeOptionRules.optimizeForSize,
  executionStrategy: writeOptionRules.strategy,
  maxWorkers: wholeNumberFrom(1),
  collectMetrics: flag,
  logProgress: flag,
  logger: {
    takes: 'an object with the methods info and warn, such as a pino logger or console',
    allows: isLogger,
  },
  timeoutMs: writeOptionRules.timeoutMs,
  retryCount: wholeNumberFrom(0),
  retryDelayMs: {
    takes: 'milliseconds, from 0',
    allows: (value) => typeof value === 'number' && value >= 0 && value < Infinity,
  },
  onError: callback,
};

const batchConfigRules: OptionRules<BatchConfig> = {
  ...engineConfigRules,
  preProcess: callback,
  postProcess: callback,
};

/**
 * Says everything that a configuration leaves out. It is not changed, and the result cannot be.
 *
 * @throws ConfigError for an option that is unknown or has a value that it does not take
 */
export function resolveBatchConfig(config: BatchConfig): ResolvedConfig<BatchConfig> {
  return resolveConfig('BatchConfig', batchConfigRules, config);
}

/** The same for any configuration of the engine. */
export function resolveConfig<C extends EngineConfig>(
  where: string,
  rules: OptionRules<C>,
  config: C,
): ResolvedConfig<C> {
  const said = mergeOptions<EngineConfig>(where, rules, config);
  const { optimizeForSize, executionStrategy } = said;
  checkSizeTuning(where, said, executionStrategy);
  const bounds = typeof optimizeForSize === 'object' ? Object.freeze({ ...optimizeForSize }) : optimizeForSize;
  return Object.freeze({ ...defaultBatchConfig, ...said, optimizeForSize: bounds } as ResolvedConfig<C>);
}

/** What a call goes by where it says nothing itself. */
export function callDefaults(config: ResolvedConfig<EngineConfig>): CallDefaults {
  const { batchSize, optimizeForSize, executionStrategy: strategy, timeoutMs } = config;
  return { batchSize, optimizeForSize, strategy, timeoutMs };
}
