import { describe, expect, it } from '@jest/globals';
import { BatchExecutionStrategy, BatchSize, defaultBatchConfig } from '@uno/batch';
import { ConfigError } from '@uno/postgres';
import { resolveBatchConfig } from '../../src/config/batch-config.js';

describe('resolveBatchConfig', () => {
  it('says everything that is not said', () => {
    expect(resolveBatchConfig({})).toEqual({ batchSize: BatchSize.LARGE, executionStrategy: 'chunked' });
  });

  it('puts one configuration over another and changes neither', () => {
    const base = resolveBatchConfig({ batchSize: 10 });
    const over = Object.freeze({ executionStrategy: BatchExecutionStrategy.SINGLE_QUERY });
    expect(resolveBatchConfig(over, base)).toEqual({ batchSize: 10, executionStrategy: 'single_query' });
    expect(base).toEqual({ batchSize: 10, executionStrategy: 'chunked' });
    expect(over).toEqual({ executionStrategy: 'single_query' });
  });

  it('cannot be changed', () => {
    expect(Object.isFrozen(resolveBatchConfig({}))).toBe(true);
    expect(Object.isFrozen(defaultBatchConfig)).toBe(true);
    expect(Object.isFrozen(BatchSize)).toBe(true);
    expect(Object.isFrozen(BatchExecutionStrategy)).toBe(true);
  });

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('refuses a batchSize of %p', (batchSize) => {
    expect(() => resolveBatchConfig({ batchSize })).toThrow(ConfigError);
    expect(() => resolveBatchConfig({ batchSize })).toThrow('batchSize is a whole number from 1');
  });

  it('refuses an option that it does not know, naming those that it does', () => {
    const misspelt: object = { batchsize: 10 };
    expect(() => resolveBatchConfig(misspelt)).toThrow(
      'no option "batchsize". Known are: batchSize, executionStrategy',
    );
  });

  it.each(['parallel', 'pipelined', 'optimistic'] as const)(
    'says that %s is not available yet',
    (executionStrategy) => {
      expect(() => resolveBatchConfig({ executionStrategy })).toThrow(
        `The strategy "${executionStrategy}" is not available in this version. Available are: single_query, chunked.`,
      );
    },
  );

  it('refuses a strategy that there is not', () => {
    const config: object = { executionStrategy: 'fast' };
    expect(() => resolveBatchConfig(config)).toThrow('There is no strategy "fast"');
  });
});
