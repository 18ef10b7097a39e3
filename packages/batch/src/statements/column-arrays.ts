import { type AnyMapping, encodeField, encodeFieldInto, type Field } from '@uno/domain';
import { arrayLiteral, BinaryArray, type BinaryForm, ResourceError, textForm, textOid } from '@uno/postgres';
import type { WorkItem } from '../shapes/work-item.js';

/** An array as a parameter: its text, or its bytes in PostgreSQL's binary format. */
export type ArrayParameter = string | Buffer;

/** More is too much for one string of JavaScript, and half of what PostgreSQL takes for one value. */
const mostBytes = 2 ** 29 - 24;

/** One array parameter a field, holding the values of all records. */
export function columnArrays(
  mapping: AnyMapping,
  fields: readonly Field[],
  items: readonly Pick<WorkItem, 'values' | 'index'>[],
): ArrayParameter[] {
  return fields.map((field) => {
    const form = formOf(field);
    if (form !== undefined) return binaryOf(mapping, field, form, items);
    const { position } = field;
    const encoded = items.map((item) => encodeField(mapping, field, item.values[position] ?? null, item.index));
    return literalOf(mapping, field, encoded);
  });
}

/** What travels as text can be written so in both formats; the types of others are known by a number or not at all. */
function formOf({ type }: Field): BinaryForm | undefined {
  return type.unnestsApart ? textForm(textOid, type.encode) : type.binary;
}

function binaryOf(
  mapping: AnyMapping,
  field: Field,
  form: BinaryForm,
  items: readonly Pick<WorkItem, 'values' | 'index'>[],
): Buffer {
  const array = new BinaryArray(form.oid, items.length * (4 + form.bytes));
  for (const item of items) {
    encodeFieldInto(mapping, field, form, item, array);
    if (array.length > mostBytes) throw tooMuch(mapping, field, items.length);
  }
  return array.finish();
}

/** @throws ResourceError when the values of a chunk are more text than a JavaScript string holds (about 512 MB) */
function literalOf(mapping: AnyMapping, field: Field, encoded: readonly (string | null)[]): string {
  try {
    return arrayLiteral(encoded, field.type.bare);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw tooMuch(mapping, field, encoded.length, cause);
  }
}

function tooMuch({ name }: AnyMapping, { property }: Field, records: number, cause?: unknown): ResourceError {
  return new ResourceError(
    `The values of ${name}.${property} in ${records} records are too much for one statement (about 512 MB). Lower batchSize.`,
    'never',
    { cause },
  );
}

/** One array parameter a key field, from keys that are encoded already. */
export function keyArrays(mapping: AnyMapping, keys: readonly (readonly string[])[]): string[] {
  return mapping.keyFields.map((field, position) =>
    arrayLiteral(
      keys.map((texts) => texts[position] ?? null),
      field.type.bare,
    ),
  );
}

/** One array parameter a key field, from the values of the records where they have them, and otherwise from their keys. */
export function keyArraysOf(mapping: AnyMapping, items: readonly WorkItem[]): ArrayParameter[] {
  const haveValues = mapping.keyFields.every(({ position }) =>
    items.every(({ values }) => values[position] !== undefined),
  );
  if (haveValues) return columnArrays(mapping, mapping.keyFields, items);
  return keyArrays(
    mapping,
    items.map(({ key }) => key ?? []),
  );
}
