import { ConfigError, kindOf } from '@uno/postgres';
import type { BatchCallOptions } from '../ports/batch-port.js';

/** How a repository works unless a call says otherwise. */
export interface RepositorySettings extends BatchCallOptions {
  /** `false` makes the batch methods work record by record, with the same results. Default `true`. */
  readonly useBatchOperations?: boolean | undefined;
  /** `false` reads past the entity cache. Default `true`. */
  readonly useCache?: boolean | undefined;
}

interface Rule {
  readonly takes: string;
  allows(value: unknown): boolean;
}

const flag: Rule = { takes: 'true or false', allows: (value) => typeof value === 'boolean' };

/** Every strategy, spelt as keys so that one that is added to the type has to be added here. */
const strategies: Readonly<Record<NonNullable<BatchCallOptions['strategy']>, true>> = {
  single_query: true,
  chunked: true,
  parallel: true,
  pipelined: true,
  optimistic: true,
};

const rules: Readonly<Record<keyof RepositorySettings, Rule>> = {
  useBatchOperations: flag,
  useCache: flag,
  batchSize: {
    takes: 'a whole number from 1',
    allows: (value) => typeof value === 'number' && Number.isSafeInteger(value) && value > 0,
  },
  strategy: {
    takes: `one of ${Object.keys(strategies).join(', ')}`,
    allows: (value) => typeof value === 'string' && Object.hasOwn(strategies, value),
  },
};

/** A map, because in an object "constructor" and the like would be found as settings too. */
const known: ReadonlyMap<string, Rule> = new Map(Object.entries(rules));

/**
 * Checks settings and puts them together; the later ones win where they say something.
 *
 * @throws ConfigError for an unknown setting or a value that it does not take
 */
export function mergeSettings(
  where: string,
  ...layers: readonly (RepositorySettings | undefined)[]
): RepositorySettings {
  const merged: Record<string, unknown> = {};
  for (const layer of layers) {
    for (const [name, value] of Object.entries(layer ?? {})) {
      const rule = known.get(name);
      if (rule === undefined) {
        throw new ConfigError(`${where}: unknown setting "${name}". Known are: ${[...known.keys()].join(', ')}.`);
      }
      if (value === undefined) continue;
      if (!rule.allows(value)) throw new ConfigError(`${where}: ${name} takes ${rule.takes}, not ${shown(value)}.`);
      merged[name] = value;
    }
  }
  return Object.freeze(merged);
}

/** Settings are written by programmers, so that a number or a word may be shown. */
function shown(value: unknown): string {
  return typeof value === 'number' || typeof value === 'string' ? `${value}` : kindOf(value);
}
