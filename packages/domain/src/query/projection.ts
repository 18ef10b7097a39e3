import { ConfigError, kindOf } from '@uno/postgres';
import type { AnyMapping } from '../mapping/entity-mapping.js';
import type { Field } from '../mapping/field.js';

/**
 * The fields that are asked for, each once; `undefined` for all of them.
 *
 * @throws ConfigError for an unknown field, or for none
 */
export function projectedFields(
  mapping: AnyMapping,
  operation: string,
  fields: unknown,
  option = 'fields',
): readonly Field[] | undefined {
  if (fields === undefined) return undefined;
  if (!Array.isArray(fields) || fields.length === 0) {
    const given = Array.isArray(fields) ? 'an empty one' : kindOf(fields);
    throw new ConfigError(
      `${operation}: ${option} takes a list of at least one field of ${mapping.name}, not ${given}.`,
    );
  }
  return [...new Set<unknown>(fields)].map((property) => mapping.field(String(property)));
}

/**
 * A plain object of a row's values.
 *
 * @param row - the texts of these fields, in their order
 * @throws ValidationError when the database holds a value that the mapped type cannot
 */
export function plainRow(
  mapping: AnyMapping,
  fields: readonly Field[],
  row: readonly (string | null)[],
): Record<string, unknown> {
  return Object.fromEntries(fields.map((field, i) => [field.property, mapping.decode(field, row[i] ?? null)]));
}
