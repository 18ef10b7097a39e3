import { ConfigError } from '@uno/postgres';
import type { BatchCallOptions, BatchWriteOptions } from '../ports/call-options.js';
import { mergeOptions, type OptionRules } from './option-rules.js';
import { checkSizeTuning, cutsChunks } from './size-tuning-rules.js';

/** What a call goes by where it says nothing itself. */
export type CallDefaults = Pick<BatchCallOptions, 'batchSize' | 'optimizeForSize' | 'strategy' | 'timeoutMs'>;

/**
 * The options of one call, checked, over the defaults; neither is changed. `strategy` says what `parallel` said.
 *
 * @throws ConfigError for an option that is unknown, has a value that it does not take, or contradicts another
 */
export function resolveCall<T extends BatchWriteOptions>(
  operation: string,
  rules: OptionRules<T>,
  defaults: CallDefaults,
  options: T,
): Readonly<Partial<T>> {
  const said = mergeOptions(operation, rules, options);
  const { parallel, onRecordError, maxFailures } = said;
  if (parallel !== undefined && said.strategy !== undefined && parallel !== (said.strategy === 'parallel')) {
    throw new ConfigError(
      `${operation}: parallel: ${parallel} and strategy: '${said.strategy}' contradict each other. Say one of them.`,
    );
  }
  if (maxFailures !== undefined && onRecordError !== 'skip') {
    throw new ConfigError(
      `${operation}: maxFailures counts records that are left out: it needs onRecordError: 'skip'.`,
    );
  }
  const call = overDefaults(defaults, said);
  checkSizeTuning(operation, said, call.strategy);
  return Object.freeze(call);
}

/** What a call says over the defaults; `strategy` says what `parallel` said. */
export function overDefaults<T extends BatchCallOptions>(defaults: CallDefaults, said: T): T & CallDefaults {
  const { timeoutMs = defaults.timeoutMs } = said;
  const { strategy } = chosenStrategy(defaults, said);
  return { ...said, ...sizesOver(defaults, said, strategy), strategy, timeoutMs };
}

/** Either a number of records, or that it is found out: whoever says the one last says that the other does not hold. */
function sizesOver(
  defaults: CallDefaults,
  said: BatchCallOptions,
  strategy: CallDefaults['strategy'],
): Pick<CallDefaults, 'batchSize' | 'optimizeForSize'> {
  const isSaid = said.batchSize !== undefined || said.optimizeForSize !== undefined;
  const optimizeForSize = isSaid || !cutsChunks(strategy) ? said.optimizeForSize : defaults.optimizeForSize;
  if (optimizeForSize !== undefined && optimizeForSize !== false) return { batchSize: undefined, optimizeForSize };
  return { batchSize: said.batchSize ?? defaults.batchSize, optimizeForSize };
}

/** A strategy, and which option it comes from: of the call, or of what it goes by where it says nothing. */
export interface ChosenStrategy {
  readonly strategy: CallDefaults['strategy'];
  readonly from: 'strategy' | 'parallel' | 'defaults';
}

/** The strategy of a call. */
export function chosenStrategy(
  defaults: Pick<CallDefaults, 'strategy'>,
  { strategy, parallel }: Pick<BatchCallOptions, 'strategy' | 'parallel'>,
): ChosenStrategy {
  if (parallel === true) return { strategy: 'parallel', from: 'parallel' };
  if (strategy !== undefined) return { strategy, from: 'strategy' };
  if (parallel === false && defaults.strategy === 'parallel') return { strategy: 'chunked', from: 'parallel' };
  return { strategy: defaults.strategy, from: 'defaults' };
}

/**
 * Whether a write commits chunk by chunk. In a transaction of the caller everything is all or nothing unless the call
 * says otherwise.
 *
 * @throws ConfigError when several connections are asked to be one transaction
 */
export function commitsByChunk(
  operation: string,
  { strategy, atomicity }: Pick<BatchWriteOptions, 'strategy' | 'atomicity'>,
  inTransaction: boolean,
): boolean {
  const parallel = strategy === 'parallel' && !inTransaction;
  if (parallel && atomicity === 'all') {
    throw new ConfigError(
      `${operation}: parallel works on several connections and so commits chunk by chunk; atomicity: 'all' takes another strategy, or a transaction around the call.`,
    );
  }
  return atomicity === undefined ? parallel : atomicity === 'chunk';
}
