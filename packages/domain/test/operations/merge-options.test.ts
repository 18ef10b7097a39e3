import { describe, expect, it } from '@jest/globals';
import { type BatchWriteOptions, flag, mergeOptions, writeOptionRules } from '@uno/domain';
import { ConfigError } from '@uno/postgres';
import { unchecked } from '../support/wrong.js';

function merge(...layers: (BatchWriteOptions | undefined)[]) {
  return mergeOptions('batchInsert', writeOptionRules, ...layers);
}

describe('options that are put together', () => {
  it('are what the last one said who said something', () => {
    const merged = merge({ batchSize: 5, timeoutMs: 7 }, undefined, { batchSize: 6, timeoutMs: undefined }, {});
    expect(merged).toEqual({ batchSize: 6, timeoutMs: 7 });
  });

  it('cannot be changed, and change nothing that was given', () => {
    const layer = Object.freeze({ batchSize: 5 });
    const merged = merge(layer, Object.freeze({ timeoutMs: 1 }));
    expect(Object.isFrozen(merged)).toBe(true);
    expect(layer).toEqual({ batchSize: 5 });
  });

  it.each(['constructor', '__proto__', 'toString', 'batchsize', 'retries'])('may not be "%s"', (name) => {
    const options: object = JSON.parse(`{"${name}": 1}`);
    expect(() => merge(options)).toThrow(ConfigError);
    expect(() => merge(options)).toThrow(`batchInsert has no option "${name}". Known are: batchSize, strategy`);
  });

  it.each([null, [], 'x', 5, () => 1])('are an object: not %p', (options) => {
    expect(() => merge(unchecked(options))).toThrow('batchInsert takes its options as an object');
  });

  it.each<[string, unknown, string]>([
    ['batchSize', 0, 'a whole number from 1, not 0'],
    ['batchSize', 1.5, 'a whole number from 1, not 1.5'],
    ['batchSize', Number.NaN, 'a whole number from 1, not NaN'],
    ['batchSize', '5', 'a whole number from 1, not 5'],
    ['batchSize', Number.POSITIVE_INFINITY, 'a whole number from 1, not Infinity'],
    ['maxFailures', -1, 'a whole number from 0, not -1'],
    ['strategy', 'fast', 'one of single_query, chunked, parallel, pipelined, optimistic, not fast'],
    ['atomicity', true, 'one of all, chunk, not a boolean'],
    ['onRecordError', null, 'one of abort, skip, not null'],
    ['parallel', 1, 'true or false, not 1'],
    ['timeoutMs', 0, 'more than 0'],
    ['timeoutMs', 2 ** 31, 'at most 2147483647, not 2147483648'],
    ['signal', {}, 'an AbortSignal'],
    ['onProgress', {}, 'a function'],
  ])('are refused with what they take: %s %p', (name, value, message) => {
    const options: object = { [name]: value };
    expect(() => merge(options)).toThrow(ConfigError);
    expect(() => merge({ batchSize: 1 }, options)).toThrow(message);
  });

  it.each<[string, unknown]>([
    ['batchSize', 1],
    ['batchSize', Number.MAX_SAFE_INTEGER],
    ['maxFailures', 0],
    ['timeoutMs', 0.5],
    ['timeoutMs', 2 ** 31 - 1],
    ['signal', new AbortController().signal],
  ])('are taken at their limits: %s %p', (name, value) => {
    expect(merge({ [name]: value })).toEqual({ [name]: value });
  });

  it('do not show a value that is no number or word', () => {
    const rules = { on: flag };
    expect(() => mergeOptions('x', rules, unchecked({ on: { secret: 'hidden' } }))).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('hidden') }),
    );
  });
});
