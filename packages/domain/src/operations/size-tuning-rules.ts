import { ConfigError } from '@uno/postgres';
import type { BatchCallOptions } from '../ports/call-options.js';
import type { SizeTuning } from '../ports/size-tuning.js';
import { mergeOptions, milliseconds, type OptionRules, wholeNumberFrom } from './option-rules.js';

const tuningRules: OptionRules<SizeTuning> = {
  targetMs: milliseconds,
  minSize: wholeNumberFrom(1),
  maxSize: wholeNumberFrom(1),
  maxBytes: wholeNumberFrom(1),
};

/** A strategy that takes everything at once has no sizes to choose. */
export function cutsChunks(strategy: BatchCallOptions['strategy']): boolean {
  return strategy !== 'single_query' && strategy !== 'optimistic';
}

/**
 * Checks what is said about `optimizeForSize`, and whether something that is said beside it contradicts it.
 *
 * @param where - what takes the options, for messages
 * @throws ConfigError
 */
export function checkSizeTuning(
  where: string,
  said: Pick<BatchCallOptions, 'optimizeForSize' | 'batchSize'>,
  strategy: BatchCallOptions['strategy'],
): void {
  const { optimizeForSize = false, batchSize } = said;
  if (optimizeForSize === false) return;
  if (optimizeForSize !== true) {
    const { minSize = 1, maxSize = minSize } = mergeOptions(`${where}: optimizeForSize`, tuningRules, optimizeForSize);
    if (minSize > maxSize) {
      throw new ConfigError(
        `${where}: optimizeForSize takes a minSize up to its maxSize, not ${minSize} and ${maxSize}.`,
      );
    }
  }
  if (batchSize !== undefined) {
    throw new ConfigError(
      `${where}: batchSize says how many records are a chunk, and optimizeForSize finds it out. Say one of them; minSize and maxSize of the latter are its bounds.`,
    );
  }
  if (!cutsChunks(strategy)) {
    throw new ConfigError(
      `${where}: optimizeForSize chooses sizes of chunks, and strategy '${strategy}' takes everything at once. It takes chunked, parallel or pipelined.`,
    );
  }
}
