import type { AnyMapping, Field } from '@uno/domain';
import type { CopyStatement } from '@uno/postgres';

/** Where a COPY of records puts them. */
export function copyStatement(mapping: AnyMapping, fields: readonly Field[]): CopyStatement {
  return { table: mapping.tablePath, columns: fields.map(({ column }) => column) };
}
