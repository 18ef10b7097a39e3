import { describe, expect, it } from '@jest/globals';
import { type BatchWriteOptions, commitsByChunk, resolveCall, writeOptionRules } from '@uno/domain';
import { ConfigError } from '@uno/postgres';

type Strategy = BatchWriteOptions['strategy'];

function resolve(options: BatchWriteOptions, usual: Strategy = 'chunked') {
  const defaults = { batchSize: 1000, strategy: usual, timeoutMs: 9 };
  return resolveCall<BatchWriteOptions>('batchInsert', writeOptionRules, defaults, options);
}

describe('the options of a call', () => {
  it('say what is usual where they say nothing', () => {
    expect(resolve({ batchSize: 5, timeoutMs: undefined })).toEqual({
      batchSize: 5,
      strategy: 'chunked',
      timeoutMs: 9,
    });
  });

  it.each<[BatchWriteOptions, Strategy, Strategy]>([
    [{ parallel: true }, 'chunked', 'parallel'],
    [{ parallel: true, strategy: 'parallel' }, 'chunked', 'parallel'],
    [{ parallel: false }, 'parallel', 'chunked'],
    [{ parallel: false }, 'pipelined', 'pipelined'],
    [{ parallel: false, strategy: 'optimistic' }, 'parallel', 'optimistic'],
    [{ strategy: 'single_query' }, 'parallel', 'single_query'],
    [{}, 'parallel', 'parallel'],
    [{ parallel: false }, undefined, undefined],
  ])('%j over %s is %s', (options, usual, expected) => {
    const defaults = usual === undefined ? {} : { strategy: usual };
    const { strategy } = resolveCall<BatchWriteOptions>('batchInsert', writeOptionRules, defaults, options);
    expect(strategy).toBe(expected);
  });

  it('cannot be changed afterwards', () => {
    expect(Object.isFrozen(resolve({}))).toBe(true);
  });

  it.each<[string, BatchWriteOptions]>([
    ['contradict each other', { parallel: true, strategy: 'chunked' }],
    ['contradict each other', { parallel: false, strategy: 'parallel' }],
    ["needs onRecordError: 'skip'", { maxFailures: 3 }],
    ["needs onRecordError: 'skip'", { maxFailures: 0, onRecordError: 'abort' }],
  ])('may not be such that they %s: %j', (message, options) => {
    expect(() => resolve(options)).toThrow(ConfigError);
    expect(() => resolve(options)).toThrow(message);
  });

  it('are merged as they are otherwise', () => {
    expect(resolve({ maxFailures: 3, onRecordError: 'skip' })).toMatchObject({ maxFailures: 3, onRecordError: 'skip' });
  });
});

describe('whether a write commits chunk by chunk', () => {
  const strategies: Strategy[] = ['single_query', 'chunked', 'pipelined', 'optimistic', undefined];

  it.each(strategies)('is for the call to say, under %s', (strategy) => {
    for (const inTransaction of [true, false]) {
      expect(commitsByChunk('x', { strategy }, inTransaction)).toBe(false);
      expect(commitsByChunk('x', { strategy, atomicity: 'all' }, inTransaction)).toBe(false);
      expect(commitsByChunk('x', { strategy, atomicity: 'chunk' }, inTransaction)).toBe(true);
    }
  });

  it('is the only way under parallel, but in a transaction of the caller', () => {
    const strategy = 'parallel';
    expect(commitsByChunk('x', { strategy }, false)).toBe(true);
    expect(commitsByChunk('x', { strategy, atomicity: 'chunk' }, false)).toBe(true);
    expect(() => commitsByChunk('batchInsert', { strategy, atomicity: 'all' }, false)).toThrow(ConfigError);
    expect(commitsByChunk('x', { strategy }, true)).toBe(false);
    expect(commitsByChunk('x', { strategy, atomicity: 'all' }, true)).toBe(false);
    expect(commitsByChunk('x', { strategy, atomicity: 'chunk' }, true)).toBe(true);
  });
});
