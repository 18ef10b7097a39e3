import { ConfigError, kindOf } from '@uno/postgres';
import type { AnyMapping } from '../mapping/entity-mapping.js';
import type { BatchCallOptions, BatchWriteOptions } from '../ports/call-options.js';
import type { BatchUpdateFields } from '../ports/update-options.js';

/** What an option takes. */
export interface OptionRule {
  readonly takes: string;
  allows(value: unknown): boolean;
}

/** A rule for every option there is, so that one that is added to the type has to be added to its rules. */
export type OptionRules<T extends object> = Readonly<Record<keyof T, OptionRule>>;

export function oneOf(...words: readonly string[]): OptionRule {
  return {
    takes: `one of ${words.join(', ')}`,
    allows: (value) => typeof value === 'string' && words.includes(value),
  };
}

export function wholeNumberFrom(least: number): OptionRule {
  return {
    takes: `a whole number from ${least}`,
    allows: (value) => typeof value === 'number' && Number.isSafeInteger(value) && value >= least,
  };
}

export const flag: OptionRule = { takes: 'true or false', allows: (value) => typeof value === 'boolean' };

export const callback: OptionRule = { takes: 'a function', allows: (value) => typeof value === 'function' };

/** The longest time that a timer of Node can be set to: 2^31 - 1 ms, about 24 days. */
export const milliseconds: OptionRule = {
  takes: 'milliseconds, more than 0 and at most 2147483647',
  allows: (value) => typeof value === 'number' && value > 0 && value <= 2_147_483_647,
};

/** The options of any single call. */
export const callOptionRules: OptionRules<BatchCallOptions> = {
  batchSize: wholeNumberFrom(1),
  strategy: oneOf('single_query', 'chunked', 'parallel', 'pipelined', 'optimistic'),
  parallel: flag,
  timeoutMs: milliseconds,
  signal: { takes: 'an AbortSignal', allows: (value) => value instanceof AbortSignal },
  onProgress: callback,
  optimizeForSize: {
    takes: 'true, false, or an object with targetMs, minSize, maxSize and maxBytes',
    allows: (value) =>
      typeof value === 'boolean' || (typeof value === 'object' && value !== null && !Array.isArray(value)),
  },
};

/** The options of a single write. */
export const writeOptionRules: OptionRules<BatchWriteOptions> = {
  ...callOptionRules,
  atomicity: oneOf('all', 'chunk'),
  onRecordError: oneOf('abort', 'skip'),
  maxFailures: wholeNumberFrom(0),
};

/** A list of fields; which there are is for the mapping to say. */
export const listOfFields: OptionRule = { takes: 'a list of fields', allows: (value) => Array.isArray(value) };

/** What an update takes besides. */
export const updateFieldRules: OptionRules<BatchUpdateFields<AnyMapping>> = {
  fields: listOfFields,
  increment: listOfFields,
  version: { takes: 'the name of a field', allows: (value) => typeof value === 'string' },
  skipUnchanged: flag,
};

/**
 * Checks options and puts them together; the later ones win where they say something. Nothing given is changed, and the
 * result cannot be.
 *
 * @param where - what takes the options, for messages
 * @throws ConfigError for an option that is unknown or has a value that it does not take
 */
export function mergeOptions<T extends object>(
  where: string,
  rules: OptionRules<T>,
  ...layers: readonly (Partial<T> | undefined)[]
): Readonly<Partial<T>> {
  // A map, because in an object "constructor" and the like would be found as options too.
  const known = new Map<string, OptionRule>(Object.entries(rules));
  const merged: Partial<T> = {};
  for (const layer of layers) {
    if (layer === undefined) continue;
    if (typeof layer !== 'object' || layer === null || Array.isArray(layer)) {
      throw new ConfigError(`${where} takes its options as an object, not ${kindOf(layer)}.`);
    }
    const said: Partial<T> = {};
    for (const [name, value] of Object.entries(layer)) {
      const rule = known.get(name);
      if (rule === undefined) {
        throw new ConfigError(`${where} has no option "${name}". Known are: ${[...known.keys()].join(', ')}.`);
      }
      if (value === undefined) continue;
      if (!rule.allows(value)) throw new ConfigError(`${where}: ${name} takes ${rule.takes}, not ${shown(value)}.`);
      Object.assign(said, { [name]: value });
    }
    Object.assign(merged, said);
  }
  return Object.freeze(merged);
}

/** Options are written by programmers, so that a number or a word may be shown. */
function shown(value: unknown): string {
  return typeof value === 'number' || typeof value === 'string' ? `${value}` : kindOf(value);
}
