import type { Weight } from './chunk-sizes.js';
import type { SizeBounds } from './size-bounds.js';

/** What a record takes on an ordinary server, in ms: for itself, for each column, and for each byte. */
const perRecordMs = 0.003;
const perValueMs = 0.0005;
const perByteMs = 0.000_01;

/** A chunk is to take so long, of a guess that may be wrong by a factor of ten. */
const firstMs = 40;

/** Or so many round trips, where the network is slow, but not so much longer. */
const roundTrips = 10;
const longestFirstMs = 4 * firstMs;

/**
 * Records to begin with, by their width and number of columns.
 *
 * @param waitMs - how long the server was waited for before; 0 where nobody knows
 */
export function startSize({ records, bytes, values }: Weight, { targetMs }: SizeBounds, waitMs: number): number {
  const count = Math.max(1, records);
  const recordMs = perRecordMs + (perValueMs * values) / count + (perByteMs * bytes) / count;
  const chunkMs = Math.min(Math.max(firstMs, roundTrips * waitMs), longestFirstMs, targetMs / 4);
  return Math.max(1, Math.round(chunkMs / recordMs));
}
