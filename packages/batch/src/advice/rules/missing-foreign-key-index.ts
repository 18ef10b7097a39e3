import { identifier } from '@uno/postgres';
import { type Advice, type SqlChange, shownMs } from '../advice.js';
import type { TableEvidence } from '../table-evidence.js';

/** Each row that is deleted makes PostgreSQL scan a table that refers to it, for want of an index there. */
export type MissingForeignKeyIndex = Advice<'missing_foreign_key_index', MissingForeignKeyIndexEvidence, SqlChange>;

export interface MissingForeignKeyIndexEvidence {
  readonly constraint: string;
  /** The table that refers, with its schema, quoted. */
  readonly referencingTable: string;
  readonly columns: readonly string[];
  /** Rows of that table, as the server estimates. */
  readonly rows: number;
  readonly bytes: number;
  /** Scans of the whole of that table since the server's statistics began, as far as it has told them. */
  readonly seqScans: number;
  /** Rows that `batchDelete` has deleted, for each of which the table is scanned. */
  readonly deleted: number;
  readonly deletingMs: number;
}

/** A million rows to look at take a server some tenth of a second. */
const leastLooks = 1_000_000;

export function missingForeignKeyIndex({ table, statistics, catalogue }: TableEvidence): MissingForeignKeyIndex[] {
  const deleting = statistics.calls.filter(({ operation }) => operation === 'batchDelete');
  const deleted = deleting.reduce((sum, { successful }) => sum + successful, 0);
  const deletingMs = deleting.reduce((sum, { waitedMs }) => sum + waitedMs, 0);
  return catalogue.references.flatMap((reference): MissingForeignKeyIndex[] => {
    const { constraint, table: referencingTable, columns, rows, bytes, seqScans } = reference;
    if (reference.isIndexed || deleted * rows < leastLooks) return [];
    const how = reference.isPartitioned ? 'INDEX' : 'INDEX CONCURRENTLY';
    return [
      {
        code: 'missing_foreign_key_index',
        table,
        operation: 'batchDelete',
        message:
          `batchDelete on ${table}: for each of ${deleted} rows, in ${shownMs(deletingMs)}, ${referencingTable} with its ` +
          `${Math.round(rows)} rows was scanned, because ${constraint} has no index on ${columns.join(', ')}. Create one.`,
        evidence: { constraint, referencingTable, columns, rows, bytes, seqScans, deleted, deletingMs },
        change: { sql: `CREATE ${how} ON ${referencingTable} (${columns.map(identifier).join(', ')})` },
        savesMs: deletingMs,
      },
    ];
  });
}
