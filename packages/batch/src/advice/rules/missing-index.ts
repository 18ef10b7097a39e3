import { identifier } from '@uno/postgres';
import type { Advice, SqlChange } from '../advice.js';
import type { TableEvidence } from '../table-evidence.js';

/** Rows are looked for, or told apart, by columns without an index. */
export type MissingIndex = Advice<'missing_index', MissingIndexEvidence, SqlChange>;

export interface MissingIndexEvidence {
  readonly columns: readonly string[];
  /** Rows of the table, as the server estimates. */
  readonly rows: number;
  readonly bytes: number;
  /** Scans of the whole table since the server's statistics began, as far as it has told them. */
  readonly seqScans: number;
  /** Chunks of rows that were looked for by these columns. */
  readonly lookups: number;
  /** Upserts and imports that PostgreSQL refused for want of a unique index. */
  readonly refused: number;
}

/** They find rows by the key of the mapping. */
const byKey: ReadonlySet<string> = new Set(['batchGet', 'batchUpdate', 'batchDelete']);
/** Below, a scan of the table takes no longer than many lookups in an index. */
const leastRows = 10_000;
/** It may be a job that runs once. */
const leastLookups = 5;

export function missingIndex(evidence: TableEvidence): MissingIndex[] {
  const { kind } = evidence.catalogue;
  // A view has no indexes, those of its tables are not known by its columns, and a foreign table's are elsewhere.
  return kind === 'r' || kind === 'p' ? [...onKey(evidence), ...onConflict(evidence)] : [];
}

function onKey(evidence: TableEvidence): MissingIndex[] {
  const { mapping, catalogue, statistics, table } = evidence;
  const columns = mapping.keyFields.map(({ column }) => column);
  const looking = statistics.calls.filter(({ operation }) => byKey.has(operation));
  const lookups = looking.reduce((sum, { chunks }) => sum + chunks, 0);
  if (catalogue.rows < leastRows || lookups < leastLookups) return [];
  // One that begins with a part of the key may find few rows enough: whether it does is not measured.
  if (catalogue.indexes.some((index) => index.isFinder && columns.includes(index.columns[0] ?? ''))) return [];
  return [
    {
      code: 'missing_index',
      table,
      message:
        `${table}: ${lookups} chunks of rows were looked for by ${columns.join(', ')}, which has no index, among ` +
        `${Math.round(catalogue.rows)} rows. Create one.`,
      evidence: { ...sizeOf(evidence), columns, lookups, refused: 0 },
      change: { sql: createIndex(evidence, columns, false) },
      savesMs: looking.reduce((sum, { waitedMs }) => sum + waitedMs, 0),
    },
  ];
}

/** Where there is no unique index, PostgreSQL refuses the statement: once is enough to say so. */
function onConflict(evidence: TableEvidence): MissingIndex[] {
  const { catalogue, statistics, table } = evidence;
  return statistics.conflictColumns.flatMap(({ operation, columns, refused }): MissingIndex[] => {
    const isOver = (names: readonly (string | null)[]) =>
      names.length === columns.length && columns.every((column) => names.includes(column));
    if (refused === 0 || catalogue.indexes.some((index) => index.isUnique && isOver(index.columns))) return [];
    return [
      {
        code: 'missing_index',
        table,
        operation,
        message:
          `${operation} on ${table}: records are told apart by ${columns.join(', ')}, over which there is no unique ` +
          'index, so that PostgreSQL refuses them. Create one.',
        evidence: { ...sizeOf(evidence), columns, lookups: 0, refused },
        change: { sql: createIndex(evidence, columns, true) },
        savesMs: statistics.calls
          .filter((calls) => calls.operation === operation)
          .reduce((sum, { elapsedMs }) => sum + elapsedMs, 0),
      },
    ];
  });
}

function sizeOf({ catalogue: { rows, bytes, seqScans } }: TableEvidence) {
  return { rows, bytes, seqScans };
}

/** Without locking writers out, where PostgreSQL can. */
function createIndex({ mapping, catalogue }: TableEvidence, columns: readonly string[], isUnique: boolean): string {
  const table = mapping.tablePath.map(identifier).join('.');
  const how = `${isUnique ? 'UNIQUE ' : ''}INDEX${catalogue.kind === 'p' ? '' : ' CONCURRENTLY'}`;
  return `CREATE ${how} ON ${table} (${columns.map(identifier).join(', ')})`;
}
