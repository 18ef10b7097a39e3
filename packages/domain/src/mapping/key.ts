import { InvalidValue, kindOf, ValidationError } from '@uno/postgres';
import type { AnyMapping } from './entity-mapping.js';
import type { Field } from './field.js';
import type { KeyOf } from './inferred-types.js';
import { encodeField, type FieldValues, readField, recordName } from './record-reader.js';

/** The text of every field of a key, in the mapping's order. */
export type KeyTexts = readonly string[];

/** What stands for a row among those of one mapping: equal ones are one row's. */
export type Identity = string | number | bigint;

/**
 * The value of a field, checked, where that by itself says which row it is; `undefined` where its text does, or where it is
 * wrong, which whoever makes its text says. It costs less than a text.
 */
export function numericIdentity({ type }: Field, value: unknown): number | bigint | undefined {
  if (!type.canonical || type.binary === undefined) return undefined;
  if (typeof value !== 'number' && typeof value !== 'bigint') return undefined;
  try {
    type.binary.check(value);
    return value;
  } catch {
    return undefined;
  }
}

/**
 * What stands for the row of an entity, or any object with the fields of a key, where {@link AnyMapping.hasTextKey} holds.
 *
 * @throws ValidationError when a part of the key is missing
 */
export function identityOfEntity(mapping: AnyMapping, entity: object, index?: number): Identity {
  const { soleKeyField } = mapping;
  if (soleKeyField === undefined) return keyText(encodeEntityKey(mapping, entity, index));
  const value = readField(mapping, entity, soleKeyField, index);
  return numericIdentity(soleKeyField, value) ?? encodeKeyField(mapping, soleKeyField, value, index);
}

/**
 * The texts of a key as a caller gives it: the value itself, or an object of the fields of a composite key.
 *
 * @throws ValidationError when it is no key of the mapping
 */
export function encodeKey(mapping: AnyMapping, key: unknown, index?: number): KeyTexts {
  const { soleKeyField } = mapping;
  if (soleKeyField !== undefined) return [encodeKeyField(mapping, soleKeyField, key, index)];
  if (typeof key !== 'object' || key === null) {
    throw new ValidationError(
      `A key of ${mapping.name} is an object with ${mapping.key.join(' and ')}, not ${kindOf(key)}.`,
      { index },
    );
  }
  return encodeEntityKey(mapping, key, index);
}

/**
 * Checks a key as {@link encodeKey} does, without making its texts where that can be had for less.
 *
 * @throws ValidationError when it is no key of the mapping
 */
export function checkKey(mapping: AnyMapping, key: unknown, index?: number): void {
  const form = mapping.soleKeyField?.type.binary;
  if (form !== undefined && key !== null) {
    try {
      form.check(key);
      return;
    } catch (error) {
      if (!(error instanceof InvalidValue)) throw error;
    }
  }
  encodeKey(mapping, key, index);
}

/**
 * The texts of the key that a record carries.
 *
 * @throws ValidationError when a part of it is missing
 */
export function encodeRecordKey(mapping: AnyMapping, values: FieldValues, index?: number): KeyTexts {
  return mapping.keyFields.map((field) => encodeKeyField(mapping, field, values[field.position], index));
}

/**
 * The same for an entity, or any object with the fields of a key.
 *
 * @throws ValidationError when a part of it is missing
 */
export function encodeEntityKey(mapping: AnyMapping, entity: object, index?: number): KeyTexts {
  return mapping.keyFields.map((field) =>
    encodeKeyField(mapping, field, readField(mapping, entity, field, index), index),
  );
}

/** The texts of a record's key where it is complete and valid, for messages about that record. */
export function findRecordKey(mapping: AnyMapping, values: FieldValues): KeyTexts | undefined {
  try {
    // Looked at first, because records without a generated key are the rule and exceptions are slow.
    for (const { position } of mapping.keyFields) {
      if (values[position] === undefined || values[position] === null) return undefined;
    }
    return encodeRecordKey(mapping, values);
  } catch {
    // What is wrong with the record is told by whoever writes it.
    return undefined;
  }
}

/** One text for a whole key: it identifies a row where {@link AnyMapping.hasTextKey} holds, and names it in messages. */
export function keyText(texts: KeyTexts): string {
  return texts.length === 1 ? String(texts[0]) : JSON.stringify(texts);
}

/** The key that texts of PostgreSQL's stand for: the value itself, or an object of the fields of a composite key. */
export function decodeKey<M extends AnyMapping>(mapping: M, texts: KeyTexts): KeyOf<M> {
  const values = mapping.keyFields.map((field, i) => field.type.decode(texts[i] ?? ''));
  const [only, ...more] = values;
  const key = more.length === 0 ? only : Object.fromEntries(mapping.key.map((property, i) => [property, values[i]]));
  // Each part was decoded by the type of its field, of which the type of a key is made.
  return key as KeyOf<M>;
}

function encodeKeyField(mapping: AnyMapping, field: Field, value: unknown, index: number | undefined): string {
  const encoded = value === undefined || value === null ? null : encodeField(mapping, field, value, index);
  if (encoded !== null) return encoded;
  throw new ValidationError(`${recordName(mapping, index)} has no ${field.property}, which is its key.`, {
    index,
    field: field.property,
  });
}
