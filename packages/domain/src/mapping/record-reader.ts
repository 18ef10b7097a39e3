import { type BinaryArray, type BinaryForm, InvalidValue, kindOf, ValidationError } from '@uno/postgres';
import { type AnyMapping, asRecord } from './entity-mapping.js';
import type { Field } from './field.js';

/** The values of a record by the position of their fields; `undefined` for what the record leaves out. */
export type FieldValues = readonly unknown[];

/** A record of the caller, checked to be one of the mapping; what the caller does to it afterwards changes nothing here. */
export interface InputRecord {
  readonly values: FieldValues;
  /** Position in the caller's input, from 0; `undefined` for a single record. */
  readonly index: number | undefined;
}

/**
 * Checks that an input is a record of the mapping: an entity of its class, or a plain object with none but its fields.
 *
 * @throws ValidationError that names the record and what is wrong with it
 */
export function readRecord(mapping: AnyMapping, input: unknown, index: number | undefined): InputRecord {
  if (typeof input !== 'object' || input === null) {
    throw new ValidationError(`${recordName(mapping, index)} is ${kindOf(input)}, not an object.`, { index });
  }
  if (!(input instanceof mapping.entity)) {
    const prototype: unknown = Object.getPrototypeOf(input);
    if (prototype !== Object.prototype && prototype !== null) {
      throw new ValidationError(
        `${recordName(mapping, index)} is ${kindOf(input)}, where a ${mapping.name} or a plain object of its fields is expected.`,
        { index },
      );
    }
    for (const property in input) {
      const field = mapping.findField(property);
      if (field === undefined && !Object.hasOwn(mapping.relations, property)) {
        throw new ValidationError(
          `${recordName(mapping, index)} has an unknown field "${property}". Known are: ${mapping.fieldNames()}.`,
          { index, field: property },
        );
      }
    }
  }
  return { values: readValues(mapping, input, index), index };
}

/**
 * Every field is read once, here: it may be an accessor, and one that throws is that record's fault.
 *
 * @throws ValidationError that names the record and the field
 */
function readValues(mapping: AnyMapping, input: object, index: number | undefined): FieldValues {
  const { fields } = mapping;
  const record = asRecord(input);
  const values = new Array<unknown>(fields.length);
  let property = '';
  try {
    for (let i = 0; i < fields.length; i++) {
      property = fields[i]?.property ?? '';
      values[i] = record[property];
    }
  } catch (cause) {
    throw new ValidationError(`${recordName(mapping, index)}: reading "${property}" threw.`, {
      index,
      field: property,
      cause,
    });
  }
  return values;
}

/**
 * The same for a record that is to be inserted. A field that the database always makes is passed over in an entity, which
 * was read before, and is an error in a plain object, where somebody wrote it on purpose.
 *
 * @throws ValidationError that names the record and what is wrong with it
 */
export function readNewRecord(mapping: AnyMapping, input: unknown, index: number | undefined): InputRecord {
  const record = readRecord(mapping, input, index);
  if (input instanceof mapping.entity) return record;
  for (const field of mapping.fields) {
    if (field.insertMode === 'never' && record.values[field.position] !== undefined) {
      throw new ValidationError(
        `${recordName(mapping, index)} gives "${field.property}", which ${field.definition.origin?.kind === 'identity' ? 'is always generated' : 'the database computes'}.`,
        { index, field: field.property },
      );
    }
  }
  return record;
}

/**
 * The text of one field of a record.
 *
 * @throws ValidationError that names record, field and kind of value
 */
export function encodeField(
  mapping: AnyMapping,
  field: Field,
  value: unknown,
  index: number | undefined,
): string | null {
  if (value === null) {
    if (field.nullable) return null;
    return reject(mapping, field, `${field.type.sql} takes no null: the column is not nullable`, index);
  }
  try {
    return field.type.encode(value);
  } catch (error) {
    if (error instanceof InvalidValue) return reject(mapping, field, error.message, index);
    throw error;
  }
}

/**
 * The same in PostgreSQL's binary format, added to an array of it.
 *
 * @throws ValidationError that names record, field and kind of value
 */
export function encodeFieldInto(
  mapping: AnyMapping,
  field: Field,
  form: BinaryForm,
  { values, index }: Pick<InputRecord, 'values' | 'index'>,
  into: BinaryArray,
): void {
  const value = values[field.position] ?? null;
  if (value === null) {
    encodeField(mapping, field, null, index);
    into.null();
    return;
  }
  try {
    form.write(value, into);
  } catch (error) {
    if (error instanceof InvalidValue) reject(mapping, field, error.message, index);
    throw error;
  }
}

function reject(mapping: AnyMapping, field: Field, reason: string, index: number | undefined): never {
  throw new ValidationError(`${recordName(mapping, index)}, field "${field.property}": ${reason}.`, {
    index,
    field: field.property,
    reason,
  });
}

/** A record for messages: `City record 7`, or `City` where there is only one. */
export function recordName(mapping: AnyMapping, index: number | undefined): string {
  return index === undefined ? mapping.name : `${mapping.name} record ${index}`;
}
