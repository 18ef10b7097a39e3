import type { Field } from '@uno/domain';
import { identifier } from '@uno/postgres';

/**
 * The records of a chunk as a table: `unnest($1::integer[], $2::text[]) [with ordinality] as u(c0, c1 [, ord])`.
 *
 * `unnest` takes arrays apart to the last dimension, and composite values into their columns, so these travel as text.
 */
export function unnestTable(fields: readonly Field[], options: { readonly ordinality: boolean }): string {
  const parameters = fields
    .map((field, i) => `$${i + 1}::${field.type.unnestsApart ? 'text' : field.type.sql}[]`)
    .join(', ');
  const names = fields.map((_, i) => `c${i}`);
  if (!options.ordinality) return `unnest(${parameters}) as u(${names.join(', ')})`;
  return `unnest(${parameters}) with ordinality as u(${[...names, 'ord'].join(', ')})`;
}

/** The value of a field in a row of {@link unnestTable}. */
export function unnestedValue(field: Field, position: number): string {
  return field.type.unnestsApart ? `u.c${position}::${field.type.sql}` : `u.c${position}`;
}

/** `t."id" = u.c0 and …` for the fields at the start of the unnested table. */
export function sameKey(fields: readonly Field[], alias: string): string {
  return fields.map((field, i) => `${alias}.${identifier(field.column)} = ${unnestedValue(field, i)}`).join(' and ');
}

/** An expression as it can be compared: a type without equality, such as json, by its text. */
export function compared(field: Field, expression: string): string {
  return field.type.comparable ? expression : `${expression}::text`;
}
