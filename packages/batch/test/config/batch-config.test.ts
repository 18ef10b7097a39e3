import { availableParallelism } from 'node:os';
import { describe, expect, it } from '@jest/globals';
import { BatchExecutionStrategy, BatchSize, defaultBatchConfig } from '@uno/batch';
import { ConfigError } from '@uno/postgres';
import { resolveBatchConfig } from '../../src/config/batch-config.js';
import { defaultWorkers } from '../../src/config/default-workers.js';

describe('resolveBatchConfig', () => {
  it('says everything that has a default', () => {
    expect(resolveBatchConfig({})).toEqual({
      batchSize: BatchSize.LARGE,
      executionStrategy: 'chunked',
      maxWorkers: defaultWorkers(availableParallelism()),
      collectMetrics: true,
      logProgress: false,
      retryCount: 3,
      retryDelayMs: 100,
    });
  });

  it('takes what is said and does not change it', () => {
    const config = Object.freeze({ batchSize: 10, executionStrategy: BatchExecutionStrategy.PARALLEL, timeoutMs: 5 });
    expect(resolveBatchConfig(config)).toMatchObject(config);
    expect(resolveBatchConfig({ batchSize: undefined }).batchSize).toBe(1000);
  });

  it('takes the bounds of sizes as they are when it is given', () => {
    const optimizeForSize = { maxSize: 100 };
    const resolved = resolveBatchConfig({ optimizeForSize });
    optimizeForSize.maxSize = 5;
    expect(resolved.optimizeForSize).toEqual({ maxSize: 100 });
    expect(Object.isFrozen(resolved.optimizeForSize)).toBe(true);
  });

  it('cannot be changed', () => {
    expect(Object.isFrozen(resolveBatchConfig({}))).toBe(true);
    expect(Object.isFrozen(defaultBatchConfig)).toBe(true);
    expect(Object.isFrozen(BatchSize)).toBe(true);
    expect(Object.isFrozen(BatchExecutionStrategy)).toBe(true);
  });

  it.each<[string, object, string]>([
    ['a batch of none', { batchSize: 0 }, 'batchSize takes a whole number from 1, not 0'],
    ['half a record', { batchSize: 1.5 }, 'not 1.5'],
    ['a batch of NaN', { batchSize: Number.NaN }, 'not NaN'],
    ['no workers', { maxWorkers: 0 }, 'maxWorkers takes a whole number from 1, not 0'],
    ['a negative number of retries', { retryCount: -1 }, 'retryCount takes a whole number from 0, not -1'],
    ['a pause without end', { retryDelayMs: Number.POSITIVE_INFINITY }, 'retryDelayMs takes milliseconds, from 0'],
    ['no time at all', { timeoutMs: 0 }, 'timeoutMs takes milliseconds, more than 0'],
    ['a text for a flag', { collectMetrics: 'yes' }, 'collectMetrics takes true or false, not yes'],
    ['a logger that is none', { logger: { info: true } }, 'logger takes an object with the methods info and warn'],
    ['a function that is none', { preProcess: 'trim' }, 'preProcess takes a function, not trim'],
    ['two ways to a size', { batchSize: 5, optimizeForSize: true }, 'BatchConfig: batchSize says how many records'],
    ['sizes of no chunks', { executionStrategy: 'optimistic', optimizeForSize: true }, 'takes everything at once'],
    ['an unknown bound', { optimizeForSize: { most: 5 } }, 'BatchConfig: optimizeForSize has no option "most"'],
    ['a strategy that there is not', { executionStrategy: 'fast' }, 'takes one of single_query, chunked, parallel,'],
    ['an option that there is not', { batchsize: 10 }, 'BatchConfig has no option "batchsize". Known are: batchSize,'],
  ])('refuses %s', (_, config, message) => {
    expect(() => resolveBatchConfig(config)).toThrow(ConfigError);
    expect(() => resolveBatchConfig(config)).toThrow(message);
  });
});
