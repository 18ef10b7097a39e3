import { identifier } from '@uno/postgres';
import { type RawBuilder, sql } from 'kysely';
import type { AnyMapping } from './entity-mapping.js';
import type { Field } from './field.js';

/** The table, quoted, with its schema. */
export function tableText(mapping: AnyMapping): string {
  return mapping.tablePath.map(identifier).join('.');
}

/** All columns in the order of the mapping, for `select` and `returning`. */
export function columnList(fields: readonly Field[], alias?: string): string {
  const prefix = alias === undefined ? '' : `${alias}.`;
  return fields.map((field) => `${prefix}${identifier(field.column)}`).join(', ');
}

/** The column, for Kysely's `sql` tag. */
export function columnRef(field: Field): RawBuilder<unknown> {
  return sql.id(field.column);
}
