import {
  type AnyMapping,
  cachedStatement,
  type Field,
  nameOfUpdate,
  tableText,
  type UpdatePlan,
  updateSql,
} from '@uno/domain';
import { identifier, type TextStatement } from '@uno/postgres';
import { sameKey, unnestedValue, unnestTable } from './unnest-sql.js';

/** What became of a record that was not written, as the statements below say it. */
export type UpdateState =
  /** Its row is as asked. */
  | 'same'
  /** There was another row when the statement began, and it was not written: it has to be looked at again. */
  | 'other'
  /** There is no row. */
  | 'missing';

/**
 * Sets the fields of many rows by key. Parameters: the key fields, then the others. Gives the position, from 1, and the
 * {@link UpdateState} of every record that was not written: nothing comes back if all are, and the table is not looked at
 * a second time.
 *
 * That look sees the table as it was when the statement began. What somebody else did to a row in the meantime, and what
 * a trigger suppressed, is found out by {@link lookStatement}.
 */
export function updateStatement(mapping: AnyMapping, plan: UpdatePlan, fields: readonly Field[]): TextStatement {
  return cachedStatement(mapping, `update ${nameOfUpdate(plan, fields)}`, () => {
    const keys = mapping.keyFields;
    const input = unnestTable([...keys, ...fields], { ordinality: true });
    const table = tableText(mapping);
    const { assignments, differs } = updateSql(plan, fields, (field) =>
      unnestedValue(field, keys.length + fields.indexOf(field)),
    );
    return (
      `with written as (update ${table} as t set ${assignments} from ${input} ` +
      `where ${sameKey(keys, 't')} and ${differs} returning u.ord) ` +
      `select u.ord, ${stateOf(mapping, `when ${differs} then 'other'`)} ` +
      `from ${input} left join ${table} as t on ${sameKey(keys, 't')} ` +
      // Looked at first, and nothing else if all are written. Where tables inherit, a key may have several rows.
      `where (select count(distinct ord) from written) < cardinality(${keysOf(mapping)}) ` +
      `and not exists (select from written as w where w.ord = u.ord)`
    );
  });
}

/** Gives the position, from 1, and the {@link UpdateState} of records by their keys, without writing: `same` or `missing`. */
export function lookStatement(mapping: AnyMapping): TextStatement {
  return cachedStatement(mapping, 'look', () => {
    const keys = mapping.keyFields;
    const input = unnestTable(keys, { ordinality: true });
    return (
      `select u.ord, ${stateOf(mapping, '')} ` +
      `from ${input} left join ${tableText(mapping)} as t on ${sameKey(keys, 't')}`
    );
  });
}

function stateOf(mapping: AnyMapping, others: string): string {
  const [first] = mapping.keyFields;
  const isThere = first === undefined ? 'true' : `t.${identifier(first.column)} is not null`;
  return `case when not (${isThere}) then 'missing' ${others} else 'same' end`;
}

/** The first parameter, which has as many values as there are records. */
function keysOf({ keyFields: [first] }: AnyMapping): string {
  return `$1::${first?.type.unnestsApart === false ? first.type.sql : 'text'}[]`;
}
