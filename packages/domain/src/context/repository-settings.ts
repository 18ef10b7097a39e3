import { ConfigError } from '@uno/postgres';
import type { BatchCallOptions } from '../ports/batch-port.js';

/** How a repository works unless a call says otherwise. */
export interface RepositorySettings extends BatchCallOptions {
  /** `false` makes the batch methods work record by record, with the same results. Default `true`. */
  readonly useBatchOperations?: boolean | undefined;
  /** `false` reads past the entity cache. Default `true`. */
  readonly useCache?: boolean | undefined;
}

const known: Readonly<Record<keyof RepositorySettings, 'boolean' | 'number' | 'string'>> = {
  useBatchOperations: 'boolean',
  useCache: 'boolean',
  batchSize: 'number',
  strategy: 'string',
};

/**
 * Checks settings and puts them together; the later ones win where they say something.
 *
 * @throws ConfigError for an unknown setting or a value of another type
 */
export function mergeSettings(
  where: string,
  ...layers: readonly (RepositorySettings | undefined)[]
): RepositorySettings {
  const merged: Record<string, unknown> = {};
  for (const layer of layers) {
    for (const [name, value] of Object.entries(layer ?? {})) {
      const expected = name in known ? known[name as keyof RepositorySettings] : undefined;
      if (expected === undefined) {
        throw new ConfigError(`${where}: unknown setting "${name}". Known are: ${Object.keys(known).join(', ')}.`);
      }
      if (value === undefined) continue;
      if (typeof value !== expected)
        throw new ConfigError(`${where}: ${name} is a ${expected}, not a ${typeof value}.`);
      merged[name] = value;
    }
  }
  return Object.freeze(merged);
}
