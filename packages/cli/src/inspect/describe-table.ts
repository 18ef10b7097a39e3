import type { ColumnDescription, TableDescription, UniqueDescription } from '@uno/domain';
import { bytes, count } from '../output/quantities.js';

const kinds = {
  table: 'table',
  partitioned: 'partitioned table',
  view: 'view',
  materialized: 'materialized view',
  foreign: 'foreign table',
} as const;

/** A table for a person to read. */
export function describeTable(table: TableDescription): string {
  const sections = [
    heading(table),
    section('Columns', aligned(table.columns.map(columnCells))),
    section('Keys', aligned(keyCells(table))),
    section(
      'Indexes',
      aligned(
        table.indexes.map(({ name, bytes: size, scans, isValid, definition }) => [
          name,
          bytes(size),
          scans === 0 ? 'never used' : `used ${count(scans)} times`,
          `${isValid ? '' : 'INVALID '}${definition}`,
        ]),
      ),
    ),
    section('Foreign keys', aligned(table.foreignKeys.map(({ name, definition }) => [name, definition]))),
    section(
      'Triggers',
      aligned(
        table.triggers.map(({ name, isEnabled, definition }) => [name, `${isEnabled ? '' : 'DISABLED '}${definition}`]),
      ),
    ),
    section('Row security', rowSecurity(table)),
  ];
  return `${sections.filter((text) => text !== '').join('\n')}`;
}

function heading({ sqlName, kind, estimatedRows, size, comment }: TableDescription): string {
  const facts = [kinds[kind]];
  const rows: string[] = [];
  if (estimatedRows !== null) rows.push(`about ${count(estimatedRows)} rows`);
  if (kind !== 'view' && kind !== 'foreign') {
    rows.push(`${bytes(size.total)} (rows ${bytes(size.heap)}, indexes ${bytes(size.indexes)})`);
  }
  return `${sqlName}: ${[...facts, ...rows].join(', ')}\n${comment === null ? '' : `${comment}\n`}`;
}

function section(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : `${title}\n${lines.map((line) => `  ${line}\n`).join('')}`;
}

/** Cells under each other; the last one of a row is as long as it is. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows)
    row.forEach((cell, i) => {
      widths[i] = Math.max(widths[i] ?? 0, cell.length);
    });
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

function columnCells({ name, type, nullable, collation, comment, ...rest }: ColumnDescription): string[] {
  const notes = [
    originOf(rest),
    collation === null ? '' : `collate ${collation}`,
    comment === null ? '' : `-- ${comment}`,
  ];
  return [name, type.sql, nullable ? '' : 'not null', notes.filter((note) => note !== '').join('  ')];
}

function originOf({
  identity,
  generated,
  default: expression,
}: Pick<ColumnDescription, 'identity' | 'generated' | 'default'>): string {
  if (identity !== null) return `generated ${identity} as identity`;
  if (generated !== null)
    return `generated always as ${generated.expression} ${generated.stored ? 'stored' : 'virtual'}`;
  return expression === null ? '' : `default ${expression}`;
}

function keyCells({ primaryKey, uniques }: TableDescription): string[][] {
  const primary = primaryKey === null ? [] : [[primaryKey.name, `primary key (${primaryKey.columns.join(', ')})`]];
  return [...primary, ...uniques.map((unique) => [unique.name, uniqueText(unique)])];
}

function uniqueText({ columns, predicate, isImmediate, nullsNotDistinct }: UniqueDescription): string {
  const parts = [`unique (${columns.map((name) => name ?? 'an expression').join(', ')})`];
  if (nullsNotDistinct) parts.push('nulls not distinct');
  if (predicate !== null) parts.push(`where ${predicate}`);
  if (!isImmediate) parts.push('deferrable');
  return parts.join(' ');
}

function rowSecurity({ rowSecurity: { isEnabled, isActive, policies } }: TableDescription): string[] {
  if (!isEnabled) return [];
  const whom = isActive ? 'holds for this role' : 'does not hold for this role';
  return [`${whom}; policies: ${policies.join(', ') || 'none'}`];
}
