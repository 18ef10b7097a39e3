import { type BinaryForm, type BinaryValues, InvalidValue, kindOf, ValidationError } from '@uno/postgres';
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
 * None of them is read.
 *
 * @throws ValidationError that names the record and what is wrong with it
 */
export function checkRecord(mapping: AnyMapping, input: unknown, index: number | undefined): object {
  if (typeof input !== 'object' || input === null) {
    throw new ValidationError(`${recordName(mapping, index)} is ${kindOf(input)}, not an object.`, { index });
  }
  if (input instanceof mapping.entity) return input;
  const prototype: unknown = Object.getPrototypeOf(input);
  if (prototype !== Object.prototype && prototype !== null) {
    throw new ValidationError(
      `${recordName(mapping, index)} is ${kindOf(input)}, where a ${mapping.name} or a plain object of its fields is expected.`,
      { index },
    );
  }
  checkProperties(mapping, input, index);
  return input;
}

/** The properties of the plain record that was checked last: most records of a call have the same ones, in one order. */
const checkedLast = new WeakMap<AnyMapping, readonly string[]>();

function checkProperties(mapping: AnyMapping, input: object, index: number | undefined): void {
  const last = checkedLast.get(mapping) ?? [];
  let position = 0;
  for (const property in input) {
    if (property !== last[position++]) {
      checkedLast.set(mapping, knownProperties(mapping, input, index));
      return;
    }
  }
}

function knownProperties(mapping: AnyMapping, input: object, index: number | undefined): string[] {
  const properties: string[] = [];
  for (const property in input) {
    if (mapping.findField(property) === undefined && !Object.hasOwn(mapping.relations, property)) {
      throw new ValidationError(
        `${recordName(mapping, index)} has an unknown field "${property}". Known are: ${mapping.fieldNames()}.`,
        { index, field: property },
      );
    }
    properties.push(property);
  }
  return properties;
}

/**
 * Reads a record, checked as by {@link checkRecord}.
 *
 * @throws ValidationError that names the record and what is wrong with it
 */
export function readRecord(mapping: AnyMapping, input: unknown, index: number | undefined): InputRecord {
  return { values: readValues(mapping, checkRecord(mapping, input, index), index), index };
}

/**
 * One field of a record.
 *
 * @throws ValidationError that names the record and the field, where it is an accessor that throws
 */
export function readField(
  mapping: AnyMapping,
  record: object,
  { property }: Field,
  index: number | undefined,
): unknown {
  try {
    return asRecord(record)[property];
  } catch (cause) {
    throw unreadable(mapping, property, index, cause);
  }
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
    throw unreadable(mapping, property, index, cause);
  }
  return values;
}

function unreadable(mapping: AnyMapping, property: string, index: number | undefined, cause: unknown): ValidationError {
  return new ValidationError(`${recordName(mapping, index)}: reading "${property}" threw.`, {
    index,
    field: property,
    cause,
  });
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
  for (const field of mapping.madeFields) {
    if (record.values[field.position] !== undefined) throw isMade(mapping, field, index);
  }
  return record;
}

/**
 * The same without reading it, but for what the database always makes.
 *
 * @throws ValidationError that names the record and what is wrong with it
 */
export function checkNewRecord(mapping: AnyMapping, input: unknown, index: number | undefined): object {
  const record = checkRecord(mapping, input, index);
  if (record instanceof mapping.entity) return record;
  for (const field of mapping.madeFields) {
    if (readField(mapping, record, field, index) !== undefined) throw isMade(mapping, field, index);
  }
  return record;
}

function isMade(mapping: AnyMapping, { property, definition }: Field, index: number | undefined): ValidationError {
  return new ValidationError(
    `${recordName(mapping, index)} gives "${property}", which ${definition.origin?.kind === 'identity' ? 'is always generated' : 'the database computes'}.`,
    { index, field: property },
  );
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
 * The same in PostgreSQL's binary format, added to others.
 *
 * @throws ValidationError that names record, field and kind of value
 */
export function encodeFieldInto(
  mapping: AnyMapping,
  field: Field,
  form: BinaryForm,
  { values, index }: Pick<InputRecord, 'values' | 'index'>,
  into: BinaryValues,
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
