import { type Advice, type OptionChange, shownMs } from '../advice.js';
import type { CallStatistics } from '../call-statistics.js';
import type { TableEvidence } from '../table-evidence.js';

/** Chunks that the server, or this process, cannot do at once; or that take so long that nothing is gained by it. */
export type ChunksTooLarge = Advice<
  'chunks_too_large',
  ChunksTooLargeEvidence,
  OptionChange<'batchSize', number> | OptionChange<'strategy', string>
>;

export interface ChunksTooLargeEvidence {
  /** Attempts that failed for want of memory, or of time for a statement. */
  readonly failures: number;
  /** By SQLSTATE, or the error's code where PostgreSQL said nothing. */
  readonly failuresByCode: Readonly<Record<string, number>>;
  /** Milliseconds that they took. */
  readonly lostMs: number;
  /** Chunks of as many records as `batchSize` says. */
  readonly chunks: number;
  readonly chunkMs: number;
  /** Records of the largest chunk that went through. */
  readonly largestChunk: number;
}

/** Once, it may have been somebody else who took the memory. */
const leastFailures = 2;
/**
 * What is the same for every chunk takes milliseconds: of a second that is nothing, so that a larger chunk saves no time.
 * But it is what has to be repeated when it fails, and for which rows stay locked when it commits by itself.
 */
const longMs = 5000;
const leastLongChunks = 3;
const betterMs = 1000;
/** Their chunks are as large as the source. */
const undivided: ReadonlySet<string> = new Set(['single_query', 'optimistic']);

export function chunksTooLarge({ table, statistics }: TableEvidence): ChunksTooLarge[] {
  return statistics.calls.flatMap((calls): ChunksTooLarge[] => {
    const { operation, strategy, batchSize, isTuned, fullChunks, fullChunksMs, largestChunk, tooMuch } = calls;
    const isRefused = tooMuch.count >= leastFailures;
    const chunkMs = fullChunks === 0 ? 0 : fullChunksMs / fullChunks;
    // What takes long there is the whole, or a function of the caller's.
    const isDivided = !undivided.has(strategy) && operation !== 'batchCompute';
    const isLong = isDivided && fullChunks >= leastLongChunks && chunkMs >= longMs;
    if (isTuned || (!isRefused && !isLong)) return [];
    const change = isRefused ? smaller(calls) : resized(batchSize, (batchSize * betterMs) / chunkMs);
    if (change === undefined) return [];
    const why = isRefused
      ? `${tooMuch.count} attempts failed for want of memory or time (${Object.keys(tooMuch.byCode).join(', ')})`
      : `chunks of ${batchSize} take ${shownMs(chunkMs)} each, which is lost when one has to be repeated`;
    return [
      {
        code: 'chunks_too_large',
        table,
        operation,
        message: `${operation} on ${table}: ${why}. Set ${change.option} to ${change.to}.`,
        evidence: {
          failures: tooMuch.count,
          failuresByCode: tooMuch.byCode,
          lostMs: tooMuch.lostMs,
          chunks: fullChunks,
          chunkMs,
          largestChunk,
        },
        change,
        savesMs: tooMuch.lostMs,
      },
    ];
  });
}

function smaller({ strategy, batchSize }: CallStatistics): ChunksTooLarge['change'] | undefined {
  if (undivided.has(strategy)) return { option: 'strategy', from: strategy, to: 'chunked' };
  // Halving may not be enough, and is told again then.
  return resized(batchSize, batchSize / 4);
}

function resized(from: number, to: number): ChunksTooLarge['change'] | undefined {
  const rounded = Math.max(1, Number(to.toPrecision(1)));
  return rounded < from ? { option: 'batchSize', from, to: rounded } : undefined;
}
