import {
  type AnyMapping,
  cachedStatement,
  type Field,
  shapeOf,
  tableText,
  type UpdatePlan,
  updateSql,
} from '@uno/domain';
import { identifier, type TextStatement } from '@uno/postgres';
import type { RowByRowIndex, UniqueFacts } from './unique-facts.js';
import { sameKey, unnestedValue, unnestTable } from './unnest-sql.js';

/**
 * Which records want a unique value that another row has now: gives the position of the record, from 1, that of the row's
 * record or NULL, and the key of the row. Parameters: the key fields, the fields, the version if there is one, and for each of the fields whether a record writes
 * it, as `boolean[]`. PostgreSQL compares what the index has, so that collations, expressions and predicates count as they
 * do there; the look goes by the index.
 *
 * @param fields - those on which the index depends and that some of the records write
 */
export function holdersStatement(
  mapping: AnyMapping,
  plan: UpdatePlan,
  fields: readonly Field[],
  index: RowByRowIndex,
  { columns }: UniqueFacts,
): TextStatement {
  const { keyFields } = mapping;
  const name = `holders ${JSON.stringify(index)} ${shapeOf(fields)} adding ${shapeOf(plan.added)} ${plan.version?.position}`;
  return cachedStatement(mapping, name, () => {
    const input = [...keyFields, ...fields, ...(plan.version === undefined ? [] : [plan.version])];
    const given = (field: Field) => unnestedValue(field, input.lastIndexOf(field));
    const { isCurrent } = updateSql(plan, [], given);
    const table = tableText(mapping);
    const becomes = index.uses.map((column) => {
      const old = `t.${identifier(column)}`;
      const at = fields.findIndex((field) => field.column === column);
      const field = fields[at];
      if (field === undefined) return `${old} as ${identifier(column)}`;
      const value = plan.added.includes(field) ? `${old} + ${given(field)}` : given(field);
      const isWritten = `($${input.length + at + 1}::boolean[])[u.ord]`;
      // As the column has it, whose type may be another one than the mapping says.
      const type = columns.get(column)?.type ?? field.type.sql;
      return `case when ${isWritten} then (${value})::${type} else ${old} end as ${identifier(column)}`;
    });
    const where = index.predicate === null ? 'true' : `(${index.predicate})`;
    const equals = index.nullsNotDistinct ? 'is not distinct from' : '=';
    const wanted = index.parts.map((part, i) => `(${part}) as p${i}`).join(', ');
    const isHeld = index.parts.map((part, i) => `(${part}) ${equals} n.p${i}`).join(' and ');
    const keys = keyFields.map(({ column }) => `t.${identifier(column)}`).join(', ');
    return (
      `select n.ord, u.ord, ${keyFields.map(({ column }) => `h.${identifier(column)}`).join(', ')} from (select "uno ord" as ord, ${wanted} from (` +
      `select u.ord as "uno ord", ${becomes.join(', ')} from ${unnestTable(input, { ordinality: true })} ` +
      `join ${table} as t on ${sameKey(keyFields, 't')} where ${isCurrent}) as n where ${where}) as n ` +
      `join lateral (select ${keys} from ${table} as t where ${isHeld} and ${where}) as h on true ` +
      `left join ${unnestTable(keyFields, { ordinality: true })} on ${sameKey(keyFields, 'h')} ` +
      `where n.ord is distinct from u.ord`
    );
  });
}
