import { type AnyMapping, cachedStatement, columnList, type Field, shapeOf, tableText } from '@uno/domain';
import { identifier, type TextStatement } from '@uno/postgres';
import { compared, unnestedValue, unnestTable } from './unnest-sql.js';

/** What an upsert writes, and where. */
export interface UpsertShape {
  readonly fields: readonly Field[];
  /** The fields of the unique constraint that tells whether a record is there already. */
  readonly constraint: readonly Field[];
  /** What is written to a row that is there. */
  readonly updated: readonly Field[];
}

/**
 * Inserts records or updates the rows that they conflict with, unless these are already as asked. Gives a row for every
 * one that was written: whether it is new, then its key.
 *
 * `xmax` is 0 in a row that this statement inserted, and the number of this transaction in one that ON CONFLICT locked
 * to update it. The rows are locked in the order of the records.
 */
export function upsertStatement(mapping: AnyMapping, shape: UpsertShape): TextStatement {
  return cachedStatement(mapping, `upsert ${nameOf(shape)}`, () => {
    const { fields } = shape;
    return (
      `${insertInto(mapping, fields)} select ${values(fields)} from ${unnestTable(fields, { ordinality: true })} ` +
      `order by ord ${onConflict(shape)} returning ${isNew}, ${columnList(mapping.keyFields, 't')}`
    );
  });
}

/**
 * The same, with the position of its record, from 1, in front of each row. Rows are lined up with records by the
 * constraint's columns, in which no two records are alike, unless one of them is NULL: of such records, which are all
 * inserted, it is not known which has which key.
 */
export function upsertReturningStatement(mapping: AnyMapping, shape: UpsertShape): TextStatement {
  return cachedStatement(mapping, `upsert returning ${nameOf(shape)}`, () => {
    const { fields, constraint } = shape;
    const input = fields.map((field, i) => `${unnestedValue(field, i)} as v${i}`).join(', ');
    const returned = [...constraint, ...mapping.keyFields].map((field, i) => `t.${identifier(field.column)} as r${i}`);
    const same = constraint.map((field, i) => `w.r${i} is not distinct from input.v${fields.indexOf(field)}`);
    const key = mapping.keyFields.map((_, i) => `w.r${constraint.length + i}`);
    return (
      `with input as materialized (select ord, ${input} from ${unnestTable(fields, { ordinality: true })}), ` +
      `w as (${insertInto(mapping, fields)} select ${fields.map((_, i) => `v${i}`).join(', ')} from input ` +
      `order by ord ${onConflict(shape)} ` +
      `returning ${isNew} as is_new, ${returned.join(', ')}) ` +
      `select ord, is_new, ${key.join(', ')} from input join w on ${same.join(' and ')}`
    );
  });
}

/** The same for one record, whose values are parameters of their own. */
export function upsertOneStatement(mapping: AnyMapping, shape: UpsertShape): TextStatement {
  return cachedStatement(mapping, `upsert one ${nameOf(shape)}`, () => {
    const parameters = shape.fields.map((field, i) => `$${i + 1}::${field.type.sql}`).join(', ');
    return (
      `${insertInto(mapping, shape.fields)} values (${parameters}) ${onConflict(shape)} ` +
      `returning ${isNew}, ${columnList(mapping.keyFields, 't')}`
    );
  });
}

const isNew = 't.xmax = 0';

function nameOf({ fields, constraint, updated }: UpsertShape): string {
  return `${shapeOf(fields)} on ${shapeOf(constraint)} set ${shapeOf(updated)}`;
}

function insertInto(mapping: AnyMapping, fields: readonly Field[]): string {
  return `insert into ${tableText(mapping)} as t (${columnList(fields)})`;
}

function values(fields: readonly Field[]): string {
  return fields.map((field, i) => unnestedValue(field, i)).join(', ');
}

function onConflict({ constraint, updated }: UpsertShape): string {
  const target = `on conflict (${columnList(constraint)})`;
  if (updated.length === 0) return `${target} do nothing`;
  const assignments = updated.map(({ column }) => `${identifier(column)} = excluded.${identifier(column)}`).join(', ');
  const different = updated.map(
    (field) =>
      `${compared(field, `t.${identifier(field.column)}`)} is distinct from ${compared(field, `excluded.${identifier(field.column)}`)}`,
  );
  return `${target} do update set ${assignments} where ${different.join(' or ')}`;
}
