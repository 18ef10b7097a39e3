import { type AnyMapping, cachedStatement, type Field, shapeOf, tableText } from '@uno/domain';
import { identifier, type TextStatement } from '@uno/postgres';
import { sameKey, unnestedValue, unnestTable } from './unnest-sql.js';

/**
 * Sets the fields of many rows by key and gives the positions, from 1, of the records that had one. Parameters: the
 * key fields, then the others. Without fields to set it only looks which rows are there.
 */
export function updateStatement(mapping: AnyMapping, fields: readonly Field[]): TextStatement {
  return cachedStatement(mapping, `update ${shapeOf(fields)}`, () => {
    const keys = mapping.keyFields;
    const input = unnestTable([...keys, ...fields], { ordinality: true });
    const table = tableText(mapping);
    if (fields.length === 0) return `select u.ord from ${table} as t join ${input} on ${sameKey(keys, 't')}`;
    const assignments = fields
      .map((field, i) => `${identifier(field.column)} = ${unnestedValue(field, keys.length + i)}`)
      .join(', ');
    return `update ${table} as t set ${assignments} from ${input} where ${sameKey(keys, 't')} returning u.ord`;
  });
}
