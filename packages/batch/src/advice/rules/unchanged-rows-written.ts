import { type Advice, type OptionChange, shownShare } from '../advice.js';
import type { TableEvidence } from '../table-evidence.js';

/** Rows are written again that already are as asked. */
export type UnchangedRowsWritten = Advice<
  'unchanged_rows_written',
  UnchangedRowsWrittenEvidence,
  OptionChange<'skipUnchanged', boolean>
>;

export interface UnchangedRowsWrittenEvidence {
  /** Rows that were looked at before they were written: up to 100 of each statement. */
  readonly sampled: number;
  /** How many of them were as asked. */
  readonly unchanged: number;
  readonly share: number;
  /** Records of the calls of the operation. */
  readonly records: number;
}

/** Of fewer rows, the share is not known to a tenth. */
const leastSampled = 100;
/** To compare rows makes a statement up to a quarter dearer, to write one costs much more. */
const leastShare = 0.2;

export function unchangedRowsWritten({ table, statistics, catalogue }: TableEvidence): UnchangedRowsWritten[] {
  // They may be what the rows are written for.
  if (catalogue.hasUpdateTriggers) return [];
  return statistics.rewritten.flatMap(({ operation, sampled, unchanged }): UnchangedRowsWritten[] => {
    const share = unchanged / sampled;
    if (sampled < leastSampled || share < leastShare) return [];
    const calls = statistics.calls.filter((one) => one.operation === operation);
    const records = calls.reduce((sum, one) => sum + one.records, 0);
    return [
      {
        code: 'unchanged_rows_written',
        table,
        operation,
        message:
          `${operation} on ${table}: of ${sampled} rows that were looked at, ${shownShare(share)} already were as asked, and ` +
          'were written all the same. No trigger needs that: leave skipUnchanged: false out.',
        evidence: { sampled, unchanged, share, records },
        change: { option: 'skipUnchanged', from: false, to: true },
        savesMs: share * calls.reduce((sum, { waitedMs }) => sum + waitedMs, 0),
      },
    ];
  });
}
