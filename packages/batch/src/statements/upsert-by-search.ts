import { type AnyMapping, columnList, tableText } from '@uno/domain';
import { identifier, type TextStatement } from '@uno/postgres';
import { inputRows, ord } from './conflict-input.js';
import { assignments, insertInto, isToWrite, type UpsertShape, upsertText } from './upsert-shape.js';

/**
 * An upsert where `ON CONFLICT` does not work: for views whose triggers do the work, and constraints that can be deferred.
 * Rows are looked for and locked, those that are there are updated, and the other records inserted. Gives the position of
 * each record, from 1, and what became of it.
 *
 * Somebody else may insert the same record meanwhile: then PostgreSQL says that it is there already, and it is found when
 * the statement is done again.
 */
export function upsertBySearchStatement(mapping: AnyMapping, shape: UpsertShape): TextStatement {
  return upsertText(mapping, 'by search', shape, () => {
    const { fields, target, updated, facts } = shape;
    const table = tableText(mapping);
    const same = (one: string, other: string) =>
      target.fields
        .map(({ column }) => identifier(column))
        .map(
          (column) => `${one}.${column} ${target.nullsNotDistinct ? 'is not distinct from' : '='} ${other}.${column}`,
        )
        .join(' and ');
    const lock = facts.kind === 'v' ? '' : ` for update of t`;
    const writes = updated.length === 0 ? 'false' : (isToWrite(shape, fields.length) ?? 'true');
    const update =
      updated.length === 0
        ? `select ${ord} from found where false`
        : `update ${table} as t set ${assignments(shape)} from input as excluded, found as f ` +
          `where f.${ord} = excluded.${ord} and f.writes and ${same('t', 'excluded')} returning excluded.${ord}`;
    return (
      `with input as materialized (${inputRows(mapping, fields, target, facts)}), ` +
      `found as materialized (select excluded.${ord}, (${writes}) as writes from input as excluded ` +
      `join ${table} as t on ${same('t', 'excluded')} order by excluded.${ord}${lock}), ` +
      `updated as (${update}), ` +
      `inserted as (${insertInto(mapping, fields)} select ${columnList(fields)} from input ` +
      `where ${ord} not in (select ${ord} from found) order by ${ord} returning ${columnList(target.fields, 't')}) ` +
      // A key may have rows in several tables where these inherit.
      `select i.${ord}, case when i.${ord} in (select ${ord} from updated) then 'updated' ` +
      `when i.${ord} in (select ${ord} from found) then 'unchanged' ` +
      `when exists (select from inserted as n where ${same('n', 'i')}) then 'inserted' else 'skipped' end from input as i`
    );
  });
}
