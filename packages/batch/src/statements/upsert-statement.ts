import { type AnyMapping, cachedStatement, columnList, type Field, shapeOf, tableText } from '@uno/domain';
import { identifier, type TextStatement } from '@uno/postgres';
import { compared, unnestedValue, unnestTable } from './unnest-sql.js';

/**
 * Inserts records or updates the rows that they conflict with, unless these are already as asked. Gives a row for every
 * one that was written: whether it is new, then its key.
 *
 * `xmax` is 0 in a row that this statement inserted, and the number of this transaction in one that ON CONFLICT locked
 * to update it.
 */
export function upsertStatement(
  mapping: AnyMapping,
  fields: readonly Field[],
  constraint: readonly Field[],
  updated: readonly Field[],
): TextStatement {
  return cachedStatement(mapping, `upsert ${shapeOf(fields)} on ${shapeOf(constraint)} set ${shapeOf(updated)}`, () => {
    const values = fields.map((field, i) => unnestedValue(field, i)).join(', ');
    return (
      `insert into ${tableText(mapping)} as t (${columnList(fields)}) ` +
      `select ${values} from ${unnestTable(fields, { ordinality: false })} ` +
      `on conflict (${columnList(constraint)}) ${conflictAction(updated)} ` +
      `returning t.xmax = 0, ${columnList(mapping.keyFields, 't')}`
    );
  });
}

function conflictAction(updated: readonly Field[]): string {
  if (updated.length === 0) return 'do nothing';
  const assignments = updated.map(({ column }) => `${identifier(column)} = excluded.${identifier(column)}`).join(', ');
  const different = updated.map(
    (field) =>
      `${compared(field, `t.${identifier(field.column)}`)} is distinct from ${compared(field, `excluded.${identifier(field.column)}`)}`,
  );
  return `do update set ${assignments} where ${different.join(' or ')}`;
}
