import { flag, mergeOptions, type OptionRules, writeOptionRules } from '../operations/option-rules.js';
import type { BatchCallOptions } from '../ports/call-options.js';

/** How a repository works unless a call says otherwise. */
export interface RepositorySettings extends Pick<BatchCallOptions, 'batchSize' | 'strategy' | 'timeoutMs'> {
  /** `false` makes the batch methods work record by record, with the same results. Default `true`. */
  readonly useBatchOperations?: boolean | undefined;
  /** `false` reads past the entity cache. Default `true`. */
  readonly useCache?: boolean | undefined;
}

const settingRules: OptionRules<RepositorySettings> = {
  useBatchOperations: flag,
  useCache: flag,
  batchSize: writeOptionRules.batchSize,
  strategy: writeOptionRules.strategy,
  timeoutMs: writeOptionRules.timeoutMs,
};

/**
 * Checks settings and puts them together; the later ones win where they say something.
 *
 * @throws ConfigError for an unknown setting or a value that it does not take
 */
export function mergeSettings(
  where: string,
  ...layers: readonly (RepositorySettings | undefined)[]
): RepositorySettings {
  return mergeOptions(where, settingRules, ...layers);
}
