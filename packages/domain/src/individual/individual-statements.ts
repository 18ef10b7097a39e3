import { identifier, type TextStatement } from '@uno/postgres';
import type { AnyMapping } from '../mapping/entity-mapping.js';
import { type Field, shapeOf } from '../mapping/field.js';
import { cachedStatement } from '../mapping/statement-cache.js';
import { columnList, tableText } from '../mapping/table-sql.js';

function keyCondition(mapping: AnyMapping, firstParameter: number): string {
  return mapping.keyFields
    .map((field, i) => `${identifier(field.column)} = $${firstParameter + i}::${field.type.sql}`)
    .join(' and ');
}

export function selectOne(mapping: AnyMapping): TextStatement {
  return cachedStatement(
    mapping,
    'select one',
    () => `select ${columnList(mapping.fields)} from ${tableText(mapping)} where ${keyCondition(mapping, 1)}`,
  );
}

export function existsOne(mapping: AnyMapping): TextStatement {
  return cachedStatement(
    mapping,
    'exists one',
    () => `select 1 from ${tableText(mapping)} where ${keyCondition(mapping, 1)}`,
  );
}

/** Inserts one record and gives its row. */
export function insertOne(mapping: AnyMapping, fields: readonly Field[]): TextStatement {
  return cachedStatement(mapping, `insert one ${shapeOf(fields)}`, () => {
    const returning = `returning ${columnList(mapping.fields)}`;
    if (fields.length === 0) return `insert into ${tableText(mapping)} default values ${returning}`;
    const values = fields.map((field, i) => `$${i + 1}::${field.type.sql}`).join(', ');
    return `insert into ${tableText(mapping)} (${columnList(fields)}) values (${values}) ${returning}`;
  });
}

/** Parameters: the fields in their order, then the key. */
export function updateOne(mapping: AnyMapping, fields: readonly Field[]): TextStatement {
  return cachedStatement(mapping, `update one ${shapeOf(fields)}`, () => {
    const assignments = fields.map((field, i) => `${identifier(field.column)} = $${i + 1}::${field.type.sql}`);
    return (
      `update ${tableText(mapping)} set ${assignments.join(', ')} where ${keyCondition(mapping, fields.length + 1)} ` +
      `returning ${columnList(mapping.fields)}`
    );
  });
}

export function deleteOne(mapping: AnyMapping): TextStatement {
  return cachedStatement(
    mapping,
    'delete one',
    () => `delete from ${tableText(mapping)} where ${keyCondition(mapping, 1)}`,
  );
}
