import { describe, expect, it } from '@jest/globals';
import { type BatchWriteOptions, type CallDefaults, resolveCall, writeOptionRules } from '@uno/domain';
import { ConfigError } from '@uno/postgres';

function resolve(options: object, defaults: CallDefaults = { batchSize: 1000, strategy: 'chunked' }) {
  return resolveCall<BatchWriteOptions>('batchInsert', writeOptionRules, defaults, options);
}

const bounds = { targetMs: 50, minSize: 10, maxSize: 500, maxBytes: 1_000_000 };

describe('optimizeForSize', () => {
  it.each<[string, object, CallDefaults, object]>([
    ['a call that says nothing', {}, { batchSize: 7 }, { batchSize: 7, optimizeForSize: undefined }],
    ['a call that asks for it', { optimizeForSize: true }, { batchSize: 7 }, { optimizeForSize: true }],
    ['its bounds', { optimizeForSize: bounds }, {}, { optimizeForSize: bounds }],
    ['the configuration', {}, { batchSize: 7, optimizeForSize: bounds }, { optimizeForSize: bounds }],
    [
      'a call that says a size over the configuration',
      { batchSize: 5 },
      { optimizeForSize: true },
      { batchSize: 5, optimizeForSize: undefined },
    ],
    [
      'a call that does not want it',
      { optimizeForSize: false },
      { batchSize: 7, optimizeForSize: true },
      { batchSize: 7, optimizeForSize: false },
    ],
    [
      'a call that takes everything at once',
      { strategy: 'single_query' },
      { batchSize: 7, optimizeForSize: true },
      { batchSize: 7, optimizeForSize: undefined },
    ],
    [
      'a configured strategy that takes everything at once, beside a size',
      { batchSize: 5 },
      { strategy: 'optimistic' },
      { batchSize: 5, optimizeForSize: undefined },
    ],
  ])('holds or not as is said last: %s', (_, options, defaults, expected) => {
    const { batchSize, optimizeForSize } = resolve(options, defaults);
    expect({ batchSize, optimizeForSize }).toEqual({ batchSize: undefined, ...expected });
  });

  it('comes to the same when what has been resolved is resolved once more', () => {
    for (const said of [{ optimizeForSize: bounds }, { batchSize: 5 }, { optimizeForSize: false }]) {
      const once = resolve(said, { batchSize: 7 });
      expect(resolve(once, { batchSize: 9, optimizeForSize: true })).toEqual(once);
    }
  });

  it.each<[string, object]>([
    [
      'takes true, false, or an object with targetMs, minSize, maxSize and maxBytes, not fast',
      { optimizeForSize: 'fast' },
    ],
    ['takes true, false, or an object', { optimizeForSize: [100] }],
    ['takes true, false, or an object', { optimizeForSize: null }],
    ['optimizeForSize has no option "maxsize". Known are: targetMs, minSize', { optimizeForSize: { maxsize: 5 } }],
    ['targetMs takes milliseconds, more than 0', { optimizeForSize: { targetMs: 0 } }],
    ['minSize takes a whole number from 1, not 0', { optimizeForSize: { minSize: 0 } }],
    ['maxSize takes a whole number from 1, not 1.5', { optimizeForSize: { maxSize: 1.5 } }],
    ['maxBytes takes a whole number from 1', { optimizeForSize: { maxBytes: -1 } }],
    ['a minSize up to its maxSize, not 20 and 10', { optimizeForSize: { minSize: 20, maxSize: 10 } }],
    ['Say one of them', { optimizeForSize: true, batchSize: 100 }],
    ["strategy 'single_query' takes everything at once", { optimizeForSize: true, strategy: 'single_query' }],
    ["strategy 'optimistic' takes everything at once", { optimizeForSize: bounds, strategy: 'optimistic' }],
  ])('is refused with what is allowed: %s', (message, options) => {
    expect(() => resolve(options)).toThrow(ConfigError);
    expect(() => resolve(options)).toThrow(message);
  });

  it('is refused where a configured strategy takes everything at once', () => {
    expect(() => resolve({ optimizeForSize: true }, { strategy: 'single_query' })).toThrow(ConfigError);
    expect(() => resolve({ optimizeForSize: false }, { strategy: 'single_query' })).not.toThrow();
  });
});
