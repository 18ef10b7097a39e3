import { kindOf, ValidationError } from '@uno/postgres';
import type { RawBuilder } from 'kysely';
import type { AnyMapping } from '../mapping/entity-mapping.js';
import type { Field } from '../mapping/field.js';

/** A condition: true, false, or unknown where a NULL is in it. */
export type Condition = RawBuilder<boolean>;

/** A field that a filter names, and its column in the statement. */
export interface FilteredField {
  readonly mapping: AnyMapping;
  readonly field: Field;
  readonly column: RawBuilder<unknown>;
}

/** Plain objects hold operators; Dates, bytes and lists are values. */
export function isOperators(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

/** @throws ValidationError that says what is wrong with a filter, and never the value */
export function rejectFilter(mapping: AnyMapping, name: string, problem: string, value: unknown): never {
  throw new ValidationError(`Filter of ${mapping.name}: "${name}" ${problem} (it is ${kindOf(value)}).`, {
    field: name,
  });
}
