import type { Field } from '@uno/domain';
import { identifier } from '@uno/postgres';

/**
 * The records of a chunk as a table: `unnest($1::integer[], $2::text[]) [with ordinality] as u(c0, c1 [, ord])`.
 *
 * `unnest` takes arrays apart to the last dimension, and composite values into their columns, so these travel as text.
 *
 * @param options - `flags`: so many columns of booleans after those of the fields
 */
export function unnestTable(
  fields: readonly Field[],
  { ordinality, flags = 0 }: { readonly ordinality: boolean; readonly flags?: number },
): string {
  const types = [
    ...fields.map(({ type }) => (type.unnestsApart ? 'text' : type.sql)),
    ...new Array<string>(flags).fill('boolean'),
  ];
  const parameters = types.map((type, i) => `$${i + 1}::${type}[]`).join(', ');
  const names = types.map((_, i) => `c${i}`);
  if (!ordinality) return `unnest(${parameters}) as u(${names.join(', ')})`;
  return `unnest(${parameters}) with ordinality as u(${[...names, 'ord'].join(', ')})`;
}

/** The value of a field in a row of {@link unnestTable}. */
export function unnestedValue(field: Field, position: number): string {
  return field.type.unnestsApart ? `u.c${position}::${field.type.sql}` : `u.c${position}`;
}

/** The first parameter, which has a value for every record. */
export function firstArray([first]: readonly Field[]): string {
  return `$1::${first?.type.unnestsApart === false ? first.type.sql : 'text'}[]`;
}

/** `t."id" = u.c0 and …` for the fields at the start of the unnested table. */
export function sameKey(fields: readonly Field[], alias: string): string {
  return fields.map((field, i) => `${alias}.${identifier(field.column)} = ${unnestedValue(field, i)}`).join(' and ');
}
