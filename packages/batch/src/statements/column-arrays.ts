import { type AnyMapping, encodeField, type Field } from '@uno/domain';
import { arrayLiteral, ResourceError } from '@uno/postgres';
import type { WorkItem } from '../shapes/work-item.js';

/** One array parameter a field, holding the values of all records. */
export function columnArrays(mapping: AnyMapping, fields: readonly Field[], items: readonly WorkItem[]): string[] {
  return fields.map((field) => {
    const { position } = field;
    const encoded = items.map((item) => encodeField(mapping, field, item.values[position] ?? null, item.index));
    return literalOf(mapping, field, encoded);
  });
}

/** @throws ResourceError when the values of a chunk are more text than a JavaScript string holds (about 512 MB) */
function literalOf(mapping: AnyMapping, field: Field, encoded: readonly (string | null)[]): string {
  try {
    return arrayLiteral(encoded, field.type.bare);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new ResourceError(
      `The values of ${mapping.name}.${field.property} in ${encoded.length} records are too much for one statement (about 512 MB). Lower batchSize.`,
      'never',
      { cause },
    );
  }
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
