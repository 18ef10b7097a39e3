import { BatchSize } from '../../config/batch-size.js';
import { type Advice, type OptionChange, shownShare } from '../advice.js';
import type { CallStatistics } from '../call-statistics.js';
import type { TableEvidence } from '../table-evidence.js';

/** Going to the server and back takes much of the time of each chunk, so that fewer and larger ones would take less. */
export type ChunksTooSmall = Advice<'chunks_too_small', ChunksTooSmallEvidence, OptionChange<'batchSize', number>>;

export interface ChunksTooSmallEvidence {
  /** Chunks of as many records as `batchSize` says. */
  readonly chunks: number;
  readonly chunkMs: number;
  /** The shortest of some round trips, measured when the advice was asked for. */
  readonly roundTripMs: number;
  /** How many of them a chunk takes. */
  readonly roundTrips: number;
  /** How much of the time of a chunk they take, from 0 to 1. */
  readonly share: number;
}

const operations: ReadonlySet<string> = new Set([
  ...['batchGet', 'batchInsert', 'batchUpdate', 'batchUpsert', 'batchDelete', 'batchImport'],
]);
/** Under the others, chunks are as large as the source. */
const strategies: ReadonlySet<string> = new Set(['chunked', 'parallel', 'pipelined']);
/** Fewer say little of the mean, and the first ones on a connection are slow: their statements are prepared. */
const leastChunks = 30;
/**
 * A round trip is the least part of what a chunk costs whatever its size, so what is saved is rather more. Below a quarter
 * it is not worth another setting; chunks of the default size are far below, but on very long ways.
 */
const leastShare = 0.25;
/** What is left of it with the size that is advised. */
const shareAfter = 0.05;
/** A larger chunk would not be faster, and takes memory here and on the server. */
const mostBytes = 16 * 1024 * 1024;
const sizes = Object.values(BatchSize);

export function chunksTooSmall({ table, statistics, roundTripMs }: TableEvidence): ChunksTooSmall[] {
  return statistics.calls.flatMap((calls): ChunksTooSmall[] => {
    const { operation, strategy, batchSize, isTuned, fullChunks, fullChunksMs, chunks, answers } = calls;
    if (isTuned) return [];
    if (!operations.has(operation) || !strategies.has(strategy) || fullChunks < leastChunks) return [];
    const chunkMs = fullChunksMs / fullChunks;
    const roundTrips = Math.max(1, answers / chunks);
    const fixedMs = Math.min(chunkMs, roundTrips * roundTripMs);
    const share = fixedMs / chunkMs;
    if (!(share >= leastShare)) return [];
    const to = largerSize(calls, fixedMs, chunkMs);
    if (to === undefined) return [];
    // A call of few records has one chunk at least, however large that may be.
    const chunksAfter = calls.calls * Math.ceil(calls.records / calls.calls / to);
    const savesMs = (fullChunks - chunksAfter) * fixedMs;
    if (savesMs < leastShare * fullChunksMs) return [];
    return [
      {
        code: 'chunks_too_small',
        table,
        operation,
        message:
          `${operation} on ${table}: going to the server and back takes ${shownShare(share)} of the time of chunks of ` +
          `${batchSize}. Set batchSize to ${to}.`,
        evidence: { chunks: fullChunks, chunkMs, roundTripMs, roundTrips, share },
        change: { option: 'batchSize', from: batchSize, to },
        savesMs,
      },
    ];
  });
}

/** The least usual size at which round trips hardly count, or the largest that records allow. */
function largerSize(
  { batchSize, bytesSent, records }: CallStatistics,
  fixedMs: number,
  chunkMs: number,
): number | undefined {
  const recordMs = (chunkMs - fixedMs) / batchSize;
  const bytes = bytesSent / Math.max(1, records);
  const larger = sizes.filter((size) => size > batchSize && size * bytes <= mostBytes);
  return larger.find((size) => fixedMs <= shareAfter * (fixedMs + size * recordMs)) ?? larger.at(-1);
}
