import { type AnyMapping, columnList, type Field, shapeOf, tableText } from '@uno/domain';
import { identifier, type TextStatement } from '@uno/postgres';
import { inLockOrder, inputRows, isCompared, ord, sameParts, withParts } from './conflict-input.js';
import { rowText } from './row-text.js';
import { assignments, insertInto, isToWrite, type UpsertShape, upsertText } from './upsert-shape.js';

/**
 * An upsert where `ON CONFLICT` does not work: for views whose triggers do the work, constraints that can be deferred, and
 * tables from which others inherit. Rows are looked for and locked, those that are there are updated, and the other records
 * inserted. Gives the position of each record, from 1, what became of it, and some columns as one text where its row is the
 * only one that was inserted, so that it is plain whose it is.
 *
 * Somebody else may insert the same record meanwhile: then PostgreSQL says that it is there already, and it is found when
 * the statement is done again.
 */
export function upsertBySearchStatement(
  mapping: AnyMapping,
  shape: UpsertShape,
  returned: readonly Field[],
): TextStatement {
  return upsertText(mapping, `by search ${shapeOf(returned)}`, shape, () => {
    const { fields, target, updated, facts } = shape;
    const found = foundRows(mapping, shape);
    const update =
      updated.length === 0
        ? `select ${ord} from found where false`
        : `update ${tableText(mapping)} as t set ${assignments(shape)} from input as excluded, found as f ` +
          `where f.${ord} = excluded.${ord} and f.writes and ${found.isRow} returning excluded.${ord}`;
    const columns = columnList([...new Set([...target.fields, ...returned])], 't');
    // A trigger may have changed what a row is found by; where none was dropped, all are there.
    const isInserted =
      `(select count(*) from inserted) = (select count(*) from input where ${ord} not in (select ${ord} from found)) ` +
      `or exists (select from inserted as n where ${sameColumns(shape, 'n', 'i')})`;
    return (
      `with input as materialized (${inputRows(fields, target, facts)}), found as materialized (${found.sql}), ` +
      `updated as (${update}), ` +
      `inserted as (${insertInto(mapping, fields)} select ${columnList(fields)} from (${withParts(target, 'input')}) as x ` +
      `where ${ord} not in (select ${ord} from found) order by ${inLockOrder(target)} returning ${columns}) ` +
      // A key may have rows in several tables where these inherit.
      `select i.${ord}, case when i.${ord} in (select ${ord} from updated) then 'updated' ` +
      `when i.${ord} in (select ${ord} from found) then 'unchanged' when ${isInserted} then 'inserted' else 'skipped' end, ` +
      `case when (select count(*) from inserted) = 1 then (select ${rowText(returned, 'n')} from inserted as n) end ` +
      `from input as i`
    );
  });
}

/** The rows that are there, and how an update finds them again. */
function foundRows(mapping: AnyMapping, shape: UpsertShape): { readonly sql: string; readonly isRow: string } {
  const { fields, target, updated, facts } = shape;
  const table = tableText(mapping);
  const writes = updated.length === 0 ? 'false' : (isToWrite(shape, fields.length) ?? 'true');
  const lock = facts.kind === 'v' ? '' : ' for update of t';
  const order = `order by excluded.${ord}${lock}`;
  if (target.isPlain || facts.kind === 'v') {
    const same = sameColumns(shape, 't', 'excluded');
    return {
      sql: `select excluded.${ord}, (${writes}) as writes from input as excluded join ${table} as t on ${same} ${order}`,
      isRow: same,
    };
  }
  const { predicate, nullsNotDistinct } = target;
  const where = predicate === undefined ? '' : ` where ${predicate}`;
  const compared = nullsNotDistinct ? (predicate ?? 'true') : isCompared(target);
  const operator = nullsNotDistinct ? 'is not distinct from' : '=';
  return {
    sql:
      `select excluded.${ord}, (${writes}) as writes, t.tableoid as ${tableName}, t.ctid as ${placeName} ` +
      `from (select * from (${withParts(target, 'input')}) as x where ${compared}) as excluded ` +
      `join (${withParts(target, `${table}${where}`, '*, tableoid, ctid')}) as t ` +
      `on ${sameParts(target, 't', 'excluded', operator)} ${order}`,
    isRow: `f.${tableName} = t.tableoid and f.${placeName} = t.ctid`,
  };
}

const tableName = '"uno: table"';
const placeName = '"uno: place"';

function sameColumns({ target: { fields, nullsNotDistinct } }: UpsertShape, one: string, other: string): string {
  if (fields.length === 0) return 'false';
  const operator = nullsNotDistinct ? 'is not distinct from' : '=';
  const columns = fields.map(({ column }) => identifier(column));
  return columns.map((column) => `${one}.${column} ${operator} ${other}.${column}`).join(' and ');
}
