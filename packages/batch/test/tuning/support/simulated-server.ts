import type { ChunkSizes, Weight } from '../../../src/tuning/chunk-sizes.js';

/** What n records take in one chunk, in ms. */
export type Cost = (records: number) => number;

/** A chunk that was done. */
export interface SimulatedChunk {
  readonly records: number;
  readonly elapsedMs: number;
}

/** Narrow records, of which a first chunk would have thousands. */
export const narrow: Weight = { records: 8, bytes: 8 * 40, values: 8 * 4 };

/**
 * Does so many chunks one after the other, each cut while the one before it is done, as the engine does.
 *
 * @param costOf - what the chunk of a number costs
 */
export function simulate(
  sizes: ChunkSizes,
  chunks: number,
  costOf: (number: number) => Cost,
  weight: Weight = narrow,
): SimulatedChunk[] {
  const done: SimulatedChunk[] = [];
  let next = sizes.sizeFor(weight, Number.POSITIVE_INFINITY);
  for (let number = 0; number < chunks; number++) {
    const records = next;
    next = sizes.sizeFor(weight, Number.POSITIVE_INFINITY);
    const elapsedMs = costOf(number)(records);
    sizes.done(records, elapsedMs);
    done.push({ records, elapsedMs });
  }
  return done;
}

/** Milliseconds that a record took. */
export function perRecord(chunks: readonly SimulatedChunk[]): number {
  const records = chunks.reduce((sum, chunk) => sum + chunk.records, 0);
  return chunks.reduce((sum, { elapsedMs }) => sum + elapsedMs, 0) / records;
}

/** The least that a record can take, in chunks of any size within the bounds that ends in time. */
export function leastPerRecord(cost: Cost, most: number, targetMs: number): number {
  let least = cost(1);
  for (let size = 1; size <= most; size = Math.ceil(size * 1.1)) {
    if (cost(size) <= targetMs) least = Math.min(least, cost(size) / size);
  }
  return least;
}
