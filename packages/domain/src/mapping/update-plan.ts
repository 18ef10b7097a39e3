import type { AnyMapping } from './entity-mapping.js';
import type { Field } from './field.js';
import type { InputRecord } from './record-reader.js';
import { updatableFields, updatedFields } from './record-shape.js';

/** What the caller of an update says of all its records. */
export interface UpdateOptions {
  readonly fields?: readonly string[] | undefined;
  readonly skipUnchanged?: boolean | undefined;
}

/** How the records of one update are written, checked. */
export interface UpdatePlan {
  /** Fields that may be written. */
  readonly allowed: readonly Field[];
  /** Whether rows that already are as asked are left alone. */
  readonly skipsUnchanged: boolean;
}

/** @throws ConfigError for a field that does not exist, or cannot be updated in the way that is asked for */
export function updatePlan(mapping: AnyMapping, options: UpdateOptions): UpdatePlan {
  const { fields, skipUnchanged = true } = options;
  return Object.freeze({ allowed: updatableFields(mapping, fields), skipsUnchanged: skipUnchanged });
}

/** The fields of one record that an update writes. */
export function plannedFields({ allowed }: UpdatePlan, record: InputRecord): Field[] {
  return updatedFields(allowed, record);
}
