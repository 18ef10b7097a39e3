import type { TableDescription } from '@uno/domain';
import { type CopyOutStatement, executeTogether, identifier, type Queryable } from '@uno/postgres';
import { UsageError } from '../frame/cli-errors.js';

export type ExportFormat = 'csv' | 'ndjson';

/** All rows of a table. */
export function queryOfTable({ schema, name }: TableDescription): string {
  return `select * from ${identifier(schema)}.${identifier(name)}`;
}

/** A query as somebody types it. */
export function queryOfText(text: string): string {
  return text.replace(/[\s;]+$/, '');
}

/**
 * The COPY that writes the rows of a query in a format, so that nothing is left to do here.
 *
 * An object of NDJSON is CSV of one column in which nothing is quoted: the signs for that are two that no JSON holds. Line
 * breaks between the parts of a document, which the type `json` keeps, become spaces; in a string there are none.
 */
export function copyOf(query: string, format: ExportFormat): CopyOutStatement {
  if (format === 'csv') return { query, format: 'csv', header: true };
  return {
    query: `select translate(row_to_json("uno: row")::text, e'\\n\\r', '  ') from (${query}\n) as "uno: row"`,
    format: 'csv',
    delimiter: '\u0001',
    quote: '\u0002',
  };
}

/**
 * Of an object, only one of two fields with the same name would be read.
 *
 * @throws UsageError that names a column which there is twice
 */
export async function checkNames(db: Queryable, query: string, signal: AbortSignal): Promise<void> {
  const statement = { sql: `select * from (${query}\n) as "uno: row" limit 0` };
  const [result] = await executeTogether(db, [{ statement, parameters: [] }], { signal });
  const seen = new Set<string>();
  for (const { name } of result?.columns ?? []) {
    if (seen.has(name)) {
      throw new UsageError(`The query has two columns called "${name}", which no object can: call them apart with AS.`);
    }
    seen.add(name);
  }
}
