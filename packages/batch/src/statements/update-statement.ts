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
import { isSampled, sampledRows } from './row-sample.js';
import { firstArray, sameKey, unnestedValue, unnestTable } from './unnest-sql.js';

/** What became of a record that was not written, as the statements below say it. */
export type UpdateState =
  /** Its row is as asked. */
  | 'same'
  /** There was another row when the statement began, and it was not written: it has to be looked at again. */
  | 'other'
  /** Its row has another version. */
  | 'stale'
  /** There is no row. */
  | 'missing';

/**
 * Sets the fields of many rows by key. Parameters: the key fields, the others, the version if there is one. Gives the
 * position, from 1, and the {@link UpdateState} of every record that was not written, with the version of its row: nothing
 * comes back if all are, and the table is not looked at a second time.
 *
 * With samples, a last row without a position gives in place of the state what {@link readSample} reads.
 *
 * That look sees the table as it was when the statement began. What somebody else did to a row in the meantime, and what
 * a trigger suppressed, is found out by {@link lookStatement}.
 */
export function updateStatement(
  mapping: AnyMapping,
  plan: UpdatePlan,
  fields: readonly Field[],
  samples = false,
): TextStatement {
  return cachedStatement(mapping, `update ${nameOfUpdate(plan, fields)}${samples ? ' sampled' : ''}`, () => {
    const keys = mapping.keyFields;
    const input = unnestTable(inputOf(mapping, plan, fields), { ordinality: true });
    const table = tableText(mapping);
    const given = (field: Field) => unnestedValue(field, inputOf(mapping, plan, fields).lastIndexOf(field));
    const { assignments, differs, isCurrent } = updateSql(plan, fields, given);
    return (
      `with written as (update ${table} as t set ${assignments} from ${input} ` +
      `where ${sameKey(keys, 't')} and ${isCurrent} and ${differs} returning u.ord) ` +
      `select u.ord, ${stateOf(mapping, plan, isCurrent, differs)} ` +
      `from ${input} left join ${table} as t on ${sameKey(keys, 't')} ` +
      // Looked at first, and nothing else if all are written. Where tables inherit, a key may have several rows.
      `where (select count(distinct ord) from written) < cardinality(${firstArray(mapping.keyFields)}) ` +
      `and not exists (select from written as w where w.ord = u.ord)${samples ? ` union all ${sampleOf(mapping, plan, fields)}` : ''}`
    );
  });
}

/** It sees the rows as they were, too. */
function sampleOf(mapping: AnyMapping, plan: UpdatePlan, fields: readonly Field[]): string {
  const inputs = inputOf(mapping, plan, fields);
  const given = (field: Field) => unnestedValue(field, inputs.lastIndexOf(field));
  const { differs, isCurrent } = updateSql({ ...plan, skipsUnchanged: true }, fields, given);
  return (
    `select null, ${sampledRows(differs)}, null from ${unnestTable(inputs, { ordinality: true })} ` +
    `join ${tableText(mapping)} as t on ${sameKey(mapping.keyFields, 't')} where ${isCurrent} and ${isSampled(firstArray(mapping.keyFields))}`
  );
}

/**
 * Gives the position, from 1, and the {@link UpdateState} of records without writing, with the versions of their rows.
 * Parameters: the key fields, the version if there is one.
 */
export function lookStatement(mapping: AnyMapping, plan: UpdatePlan): TextStatement {
  return cachedStatement(mapping, `look ${plan.version?.position}`, () => {
    const input = inputOf(mapping, plan, []);
    const { isCurrent } = updateSql(plan, [], (field) => unnestedValue(field, input.lastIndexOf(field)));
    return (
      `select u.ord, ${stateOf(mapping, plan, isCurrent, 'false')} from ${unnestTable(input, { ordinality: true })} ` +
      `left join ${tableText(mapping)} as t on ${sameKey(mapping.keyFields, 't')}`
    );
  });
}

function inputOf({ keyFields }: AnyMapping, { version }: UpdatePlan, fields: readonly Field[]): readonly Field[] {
  return [...keyFields, ...fields, ...(version === undefined ? [] : [version])];
}

function stateOf({ keyFields: [first] }: AnyMapping, plan: UpdatePlan, isCurrent: string, differs: string): string {
  const isThere = first === undefined ? 'true' : `t.${identifier(first.column)} is not null`;
  const version = plan.version === undefined ? 'null' : `t.${identifier(plan.version.column)}`;
  return (
    `case when not (${isThere}) then 'missing' when not ${isCurrent} then 'stale' when ${differs} then 'other' ` +
    `else 'same' end, ${version}`
  );
}
