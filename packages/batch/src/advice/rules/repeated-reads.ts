import { type Advice, type OptionChange, shownShare } from '../advice.js';
import type { TableEvidence } from '../table-evidence.js';

/** The same rows are read again and again, past every cache. */
export type RepeatedReads = Advice<'repeated_reads', RepeatedReadsEvidence, OptionChange<'useCache', boolean>>;

export interface RepeatedReadsEvidence {
  /** Keys that `batchGet` has read, outside of transactions. */
  readonly keys: number;
  /** Those that an earlier call had read not long before: at least so many. */
  readonly repeated: number;
  /** Rows that were written meanwhile, each of which costs a cache one entry at most. */
  readonly written: number;
  /** What a cache would have answered, at least, from 0 to 1. */
  readonly share: number;
}

/** Fewer are no load. */
const leastKeys = 1000;
/** A cache costs memory and messages between processes; for less than a third it is not worth it. */
const leastShare = 0.3;

export function repeatedReads({ table, statistics, mapping }: TableEvidence): RepeatedReads[] {
  const { keys, repeated, written } = statistics.reads;
  const share = (repeated - written) / keys;
  if (keys < leastKeys || share < leastShare) return [];
  const reading = statistics.calls.filter(({ operation }) => operation === 'batchGet');
  return [
    {
      code: 'repeated_reads',
      table,
      operation: 'batchGet',
      message:
        `batchGet on ${table}: of ${keys} keys, ${shownShare(share)} had been read before and not been written since. ` +
        `Read ${mapping.name} through a repository with the entity cache (useCache).`,
      evidence: { keys, repeated, written, share },
      change: { option: 'useCache', from: false, to: true },
      savesMs: share * reading.reduce((sum, { elapsedMs }) => sum + elapsedMs, 0),
    },
  ];
}
