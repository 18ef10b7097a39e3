import { type Advice, type SqlChange, shownMs } from '../advice.js';
import type { TableEvidence } from '../table-evidence.js';

/** Every row that is loaded is entered in an index that nobody reads. */
export type UnusedIndex = Advice<'unused_index', UnusedIndexEvidence, SqlChange>;

export interface UnusedIndexEvidence {
  /** With its schema, quoted. */
  readonly index: string;
  readonly bytes: number;
  /** How often it was read since the server's statistics began. */
  readonly scans: 0;
  /** How often the table was read in the same time, by other indexes and as a whole. */
  readonly tableScans: number;
  /** Milliseconds since the statistics began. */
  readonly statisticsMs: number;
  /** Indexes of the table, this one among them. */
  readonly indexes: number;
  /** Records that `batchInsert`, and `batchImport` without unique fields, have inserted here. */
  readonly inserted: number;
  readonly insertingMs: number;
}

/** Fewer are no bulk load. */
const leastInserted = 10_000;
/** Where the table itself is hardly read, it says nothing that an index is not. */
const leastTableScans = 100;

export function unusedIndex({ table, statistics, catalogue }: TableEvidence): UnusedIndex[] {
  const inserting = statistics.calls.filter(({ inserted }) => inserted > 0);
  const inserted = inserting.reduce((sum, calls) => sum + calls.inserted, 0);
  const insertingMs = inserting.reduce((sum, calls) => sum + (calls.waitedMs * calls.inserted) / calls.successful, 0);
  const { indexes, statisticsMs } = catalogue;
  const tableScans = indexes.reduce((sum, { scans }) => sum + scans, catalogue.seqScans);
  if (inserted < leastInserted || tableScans < leastTableScans) return [];
  return indexes
    .filter(({ isDispensable, scans }) => isDispensable && scans === 0)
    .map(({ name: index, bytes, definition }) => ({
      code: 'unused_index',
      table,
      message:
        `${table}: ${inserted} records were inserted and entered in ${index}, which was not read once since it is there, or since the ` +
        `server counts (${shownMs(statisticsMs)}), while the table was read ${tableScans} times. If nothing rare needs it, ` +
        'drop it; otherwise drop it before a load and create it afterwards.',
      evidence: {
        index,
        bytes,
        scans: 0,
        tableScans,
        statisticsMs,
        indexes: indexes.length,
        inserted,
        insertingMs,
      },
      change: {
        sql: `DROP INDEX ${catalogue.kind === 'p' ? '' : 'CONCURRENTLY '}${index}`,
        undo: definition,
      },
      // The table itself takes as much as an index, if not more.
      savesMs: insertingMs / (indexes.length + 1),
    }));
}
