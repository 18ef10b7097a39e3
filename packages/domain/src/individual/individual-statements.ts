import { identifier, type TextStatement } from '@uno/postgres';
import type { AnyMapping } from '../mapping/entity-mapping.js';
import { type Field, shapeOf } from '../mapping/field.js';
import { cachedStatement } from '../mapping/statement-cache.js';
import { columnList, tableText } from '../mapping/table-sql.js';
import type { UpdatePlan } from '../mapping/update-plan.js';
import { nameOfUpdate, updateSql } from '../mapping/update-sql.js';
import type { LockClause } from '../query/row-lock.js';

function keyCondition(mapping: AnyMapping, firstParameter: number, prefix = ''): string {
  return mapping.keyFields
    .map((field, i) => `${prefix}${identifier(field.column)} = $${firstParameter + i}::${field.type.sql}`)
    .join(' and ');
}

export function selectOne(mapping: AnyMapping, lock: LockClause = ''): TextStatement {
  return cachedStatement(mapping, `select one ${lock}`, () => {
    const select = `select ${columnList(mapping.fields)} from ${tableText(mapping)} where ${keyCondition(mapping, 1)}`;
    return lock === '' ? select : `${select} ${lock}`;
  });
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

/** Updates one row and gives it, unless it is to be left alone. Parameters: the fields, the key, the version if there is one. */
export function updateOne(mapping: AnyMapping, plan: UpdatePlan, fields: readonly Field[]): TextStatement {
  return cachedStatement(mapping, `update one ${nameOfUpdate(plan, fields)}`, () => {
    const last = fields.length + mapping.keyFields.length + 1;
    const { assignments, differs, isCurrent } = updateSql(plan, fields, (field) => {
      const position = field === plan.version ? last : fields.indexOf(field) + 1;
      return `$${position}::${field.type.sql}`;
    });
    return (
      `update ${tableText(mapping)} as t set ${assignments} ` +
      `where ${keyCondition(mapping, fields.length + 1, 't.')} and ${isCurrent} and ${differs} ` +
      `returning ${columnList(mapping.fields, 't')}`
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
