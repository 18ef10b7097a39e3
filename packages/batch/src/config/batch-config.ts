import { checkOptions } from '@uno/domain';
import { ConfigError, kindOf } from '@uno/postgres';
import { availableStrategies, BatchExecutionStrategy } from './batch-execution-strategy.js';
import { BatchSize } from './batch-size.js';

/** How batch operations work unless a call says otherwise. */
export interface BatchConfig {
  /** Records in one statement, from 1. Default {@link BatchSize}.LARGE. */
  readonly batchSize?: number | undefined;
  /** Default `chunked`. */
  readonly executionStrategy?: BatchExecutionStrategy | undefined;
}

/** A {@link BatchConfig} with everything said and checked. */
export interface ResolvedBatchConfig {
  readonly batchSize: number;
  readonly executionStrategy: BatchExecutionStrategy;
}

/** What holds where nothing is said. */
export const defaultBatchConfig: ResolvedBatchConfig = Object.freeze({
  batchSize: BatchSize.LARGE,
  executionStrategy: BatchExecutionStrategy.CHUNKED,
});

const known: readonly string[] = ['batchSize', 'executionStrategy'];

/**
 * Puts a configuration over another one. Neither is changed.
 *
 * @throws ConfigError for an option that is unknown or has a value that is not allowed
 */
export function resolveBatchConfig(
  config: BatchConfig,
  base: ResolvedBatchConfig = defaultBatchConfig,
): ResolvedBatchConfig {
  checkOptions('BatchConfig', config, known);
  const { batchSize = base.batchSize, executionStrategy = base.executionStrategy } = config;
  if (!Number.isSafeInteger(batchSize) || batchSize < 1) {
    throw new ConfigError(
      `batchSize is a whole number from 1, not ${Number.isInteger(batchSize) ? batchSize : kindOf(batchSize)}.`,
    );
  }
  return Object.freeze({ batchSize, executionStrategy: checkStrategy(executionStrategy) });
}

function checkStrategy(strategy: BatchExecutionStrategy): BatchExecutionStrategy {
  if (availableStrategies.includes(strategy)) return strategy;
  const all: readonly string[] = Object.values(BatchExecutionStrategy);
  const available = `Available are: ${availableStrategies.join(', ')}.`;
  throw new ConfigError(
    all.includes(strategy)
      ? `The strategy "${strategy}" is not available in this version. ${available}`
      : `There is no strategy "${String(strategy)}". ${available}`,
  );
}
