import { ConfigError, kindOf, ValidationError } from '@uno/postgres';
import type { AnyMapping } from './entity-mapping.js';
import type { Field } from './field.js';
import { type InputRecord, recordName } from './record-reader.js';

/**
 * The fields that an insert of this record writes: those that are not `undefined`, without what the database computes.
 *
 * @throws ValidationError when a field without a default is missing
 */
export function insertedFields(mapping: AnyMapping, record: InputRecord): Field[] {
  const present: Field[] = [];
  for (const field of mapping.fields) {
    const value = record.values[field.position];
    if (value === undefined) {
      if (field.insertMode === 'required') {
        throw new ValidationError(
          `${recordName(mapping, record.index)} has no "${field.property}", which has no default.`,
          {
            index: record.index,
            field: field.property,
          },
        );
      }
    } else if (field.insertMode !== 'never') {
      present.push(field);
    }
  }
  return present;
}

/** The fields that an update of this record writes: those of `allowed` that are not `undefined`. */
export function updatedFields(allowed: readonly Field[], record: InputRecord): Field[] {
  return allowed.filter((field) => record.values[field.position] !== undefined);
}

/**
 * The fields that an update may write: the ones named, or all but the key and what the database computes.
 *
 * @throws ConfigError when a named one is not a field, is part of the key, or is computed
 */
export function updatableFields(mapping: AnyMapping, named: readonly string[] | undefined): readonly Field[] {
  const allowed = mapping.fields.filter((field) => !field.isKey && field.insertMode !== 'never');
  if (named === undefined) return allowed;
  if (!Array.isArray(named))
    throw new ConfigError(`fields is a list of the fields of ${mapping.name}, not ${kindOf(named)}.`);
  const wanted = new Set(named);
  for (const property of wanted) {
    if (!allowed.includes(mapping.field(property))) {
      throw new ConfigError(
        `${mapping.name}.${property} cannot be updated. These can: ${allowed.map((field) => field.property).join(', ')}.`,
      );
    }
  }
  return allowed.filter((field) => wanted.has(field.property));
}
