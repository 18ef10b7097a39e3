import type { AnyMapping, Field } from '@uno/domain';
import type { CopyStatement } from '@uno/postgres';

/** What the data of a COPY are in. */
export type CopyFormat = 'text' | 'binary';

/** Where a COPY of records puts them. */
export function copyStatement(mapping: AnyMapping, fields: readonly Field[], format: CopyFormat): CopyStatement {
  return { table: mapping.tablePath, columns: fields.map(({ column }) => column), format };
}
