import { column, mapEntity } from '@uno/domain';
import type { CallStatistics, TableStatistics } from '../../../src/advice/call-statistics.js';
import type { IndexFacts, TableCatalogue } from '../../../src/advice/table-catalogue.js';
import type { TableEvidence } from '../../../src/advice/table-evidence.js';

class Crate {
  id!: number;
  label!: string;
}

const crates = mapEntity(Crate, { table: 'crate', columns: { id: column.integer(), label: column.text() } });

/** Ten calls of ten full chunks of a thousand records each, in which nothing is wrong. */
const healthyCalls: CallStatistics = {
  operation: 'batchInsert',
  strategy: 'chunked',
  batchSize: 1000,
  atomicity: 'all',
  calls: 10,
  records: 100_000,
  successful: 100_000,
  inserted: 100_000,
  elapsedMs: 1000,
  chunks: 100,
  fullChunks: 100,
  fullChunksMs: 900,
  largestChunk: 1000,
  bytesSent: 10_000_000,
  answers: 100,
  waitedMs: 800,
  tooMuch: { count: 0, lostMs: 0, byCode: {} },
  conflicts: { count: 0, lostMs: 0, byCode: {} },
  alone: { calls: 0, records: 0, elapsedMs: 0, waitedMs: 0, activeMs: 0, spareConnections: 0 },
};

/** A primary key that was read often. */
export const keyIndex: IndexFacts = {
  name: 'public.crate_pkey',
  columns: ['id'],
  isFinder: true,
  isUnique: true,
  isDispensable: false,
  bytes: 3_000_000,
  scans: 5000,
  definition: 'CREATE UNIQUE INDEX crate_pkey ON public.crate USING btree (id)',
};

/** A table of 100,000 rows with a primary key. */
const healthyTable: TableCatalogue = {
  kind: 'r',
  bytes: 10_000_000,
  rows: 100_000,
  seqScans: 10,
  hasUpdateTriggers: false,
  statisticsMs: 86_400_000,
  indexes: [keyIndex],
  references: [],
};

/** What a test says of a table, where it is not as healthy as could be. */
export interface Findings {
  readonly calls?: readonly Partial<CallStatistics>[];
  readonly statistics?: Partial<TableStatistics>;
  readonly catalogue?: Partial<TableCatalogue>;
  readonly roundTripMs?: number;
  readonly maxWorkers?: number;
}

/** Everything in order, but for what a test says. */
export function evidenceOf({
  calls = [{}],
  statistics,
  catalogue,
  roundTripMs = 0.2,
  maxWorkers = 4,
}: Findings = {}): TableEvidence {
  return {
    table: 'crate',
    mapping: crates,
    maxWorkers,
    statistics: {
      calls: calls.map((own) => ({ ...healthyCalls, ...own })),
      conflictColumns: [],
      reads: { keys: 0, repeated: 0, written: 0 },
      rewritten: [],
      ...statistics,
    },
    catalogue: { ...healthyTable, ...catalogue },
    roundTripMs,
  };
}
