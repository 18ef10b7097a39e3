import { type AnyMapping, encodeField, type Field } from '@uno/domain';
import { arrayLiteral } from '@uno/postgres';
import { indexOf, type WorkItem } from '../shapes/work-item.js';

/** One array parameter a field, holding the values of all records. */
export function columnArrays(mapping: AnyMapping, fields: readonly Field[], items: readonly WorkItem[]): string[] {
  return fields.map((field) => {
    const { property } = field;
    const encoded = items.map((item) => encodeField(mapping, field, item.values[property] ?? null, indexOf(item)));
    return arrayLiteral(encoded, field.type.bare);
  });
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
