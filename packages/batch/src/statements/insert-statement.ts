import { type AnyMapping, cachedStatement, columnList, type Field, shapeOf, tableText } from '@uno/domain';
import { identifier, type TextStatement } from '@uno/postgres';
import { rowText } from './row-text.js';
import { compared, unnestedValue, unnestTable } from './unnest-sql.js';

/** A key field that the database fills in, and the expression by which it does. */
export interface KeyDefault {
  readonly field: Field;
  readonly expression: string;
}

function values(fields: readonly Field[]): string {
  return fields.map((field, i) => unnestedValue(field, i)).join(', ');
}

/** Inserts records and gives nothing back. */
export function insertStatement(mapping: AnyMapping, fields: readonly Field[]): TextStatement {
  return cachedStatement(
    mapping,
    `insert ${shapeOf(fields)}`,
    () =>
      `insert into ${tableText(mapping)} (${columnList(fields)}) ` +
      `select ${values(fields)} from ${unnestTable(fields, { ordinality: false })}`,
  );
}

/**
 * Inserts records and gives the rows back, each with the position of its record, from 1, in front.
 *
 * `RETURNING` promises no order and cannot see the input. So keys that the database would fill in are computed next to
 * the input first, by the column's own default, and the inserted rows are joined to the input by their keys: whatever
 * plans or triggers do, a row is the record's with that key. Where a record has no such row, because a trigger dropped
 * it or changed its key, the statement fails (by reading a text as a number) and so undoes itself; the caller then
 * inserts smaller parts, down to single records, whose rows need no lining up.
 *
 * @param compareAll - whether a row has to have all the values of its record, besides its key: for tables with triggers,
 *   which might hand the keys of some records to others
 */
export function insertReturningStatement(
  mapping: AnyMapping,
  fields: readonly Field[],
  defaults: readonly KeyDefault[],
  compareAll: boolean,
): TextStatement {
  const expressions = defaults.map(({ expression }) => expression).join();
  return cachedStatement(
    mapping,
    `insert returning${compareAll ? ' compared' : ''} ${shapeOf(fields)} ${expressions}`,
    () => {
      const columns = [...fields, ...defaults.map(({ field }) => field)];
      const inputs = [
        ...fields.map((field, i) => unnestedValue(field, i)),
        ...defaults.map(({ expression }) => expression),
      ];
      const input = inputs.map((expression, i) => `${expression} as v${i}`).join(', ');
      const inserted = columns.map((_, i) => `v${i}`).join(', ');
      const keys = mapping.keyFields.map((field) => `i.${identifier(field.column)} = input.v${columns.indexOf(field)}`);
      const others = fields.map((field, i) => {
        const stored = compared(field, `i.${identifier(field.column)}`);
        return `${stored} is not distinct from ${compared(field, `input.v${i}`)}`;
      });
      const matched = (compareAll ? [...keys, ...others] : keys).join(' and ');
      const first = mapping.keyFields[0];
      const found = first === undefined ? 'true' : `i.${identifier(first.column)} is not null`;
      return (
        `with input as materialized (select ord, ${input} from ${unnestTable(fields, { ordinality: true })}), ` +
        `inserted as (insert into ${tableText(mapping)} (${columnList(columns)}) overriding system value ` +
        `select ${inserted} from input order by ord returning ${columnList(mapping.fields)}) ` +
        `select case when ${found} then ord else ('no row for record ' || ord)::bigint end, ` +
        `${rowText(mapping.fields, 'i')} from input left join inserted as i on ${matched}`
      );
    },
  );
}
