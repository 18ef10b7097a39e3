import { arrayLiteral, identifier } from '@uno/postgres';
import { type RawBuilder, sql } from 'kysely';
import type { KeyTexts } from '../mapping/key.js';
import { tableText } from '../mapping/table-sql.js';
import type { RelationLoad } from './relation-load.js';
import type { LinkTable, ResolvedRelation } from './resolved-relation.js';

/**
 * The rows that a relation leads to from many parents, in one statement: first the place of the parent, from 1, then the
 * columns of the target. Those of a parent are in the order asked for, or else in that of their keys.
 *
 * PostgreSQL says whose a row is, since 1 and 1.0 are one number and two texts. Its names are `p`, `k` and a number for
 * a key, `c` and a number for a column; the filters and the order stand where no column but the target's is in sight. What
 * stands before the query hides tables, and so has names that begin with `uno_`.
 *
 * @param parents - the texts of the parents' keys, each once
 */
export function memberRows(load: RelationLoad, parents: readonly KeyTexts[]): RawBuilder<unknown> {
  const { relation, order, limit } = load;
  const { target, link, targetFields } = relation;
  const columns = sql.raw(target.fields.map(({ position }) => `m.c${position}`).join(', '));
  const matches = sql.raw(targetFields.map(({ position }, i) => `m.c${position} = l.k${i}`).join(' and '));
  const byKey = sql.raw(target.keyFields.map(({ position }) => `m.c${position}`).join(', '));
  const inOrder = order.length > 0 ? sql`m.turn` : byKey;
  const links = link === undefined ? sql`select * from uno_parents` : linkRows(relation, link);
  const found = sql`from uno_links as l join (${members(load)}) as m on ${matches}`;
  const head = sql`with uno_parents as (${parentRows(relation, parents)}), uno_links as (${links})`;
  if (limit === undefined) return sql`${head} select l.p, ${columns} ${found} order by ${inOrder}`;
  // Of the rows of these parents each is looked at once, however they can be reached; LATERAL would look for them anew.
  return sql`${head} select m.p, ${columns}
    from (select l.p, ${columns}, row_number() over (partition by l.p order by ${inOrder}) as turn ${found}) as m
    where m.turn <= ${limit}::bigint order by m.turn`;
}

function parentRows({ sourceFields }: ResolvedRelation, parents: readonly KeyTexts[]): RawBuilder<unknown> {
  const arrays = sourceFields.map(({ type }, i) => {
    const texts = parents.map((key) => key[i] ?? null);
    return sql`${arrayLiteral(texts, type.bare)}::${sql.raw(type.unnestsApart ? 'text' : type.sql)}[]`;
  });
  const names = sourceFields.map((_, i) => `k${i}`).join(', ');
  const typed = sourceFields.map(({ type }, i) => `u.k${i}::${type.sql} as k${i}`).join(', ');
  return sql`select u.p, ${sql.raw(typed)} from unnest(${sql.join(arrays)}) with ordinality as u(${sql.raw(names)}, p)`;
}

/** The keys that a table between them leads to, each once for a parent. */
function linkRows(
  { sourceFields, targetFields }: ResolvedRelation,
  { path, sourceColumns, targetColumns }: LinkTable,
): RawBuilder<unknown> {
  const keys = targetFields.map((_, i) => `t.${identifier(targetColumns[i] ?? '')} as k${i}`).join(', ');
  const matches = sourceFields.map((_, i) => `t.${identifier(sourceColumns[i] ?? '')} = o.k${i}`).join(' and ');
  return sql`select distinct o.p, ${sql.raw(keys)}
    from uno_parents as o join ${sql.id(...path)} as t on ${sql.raw(matches)}`;
}

/** The target, filtered, each row with its turn where an order is asked for: among all those that are linked. */
function members({ relation, condition, order }: RelationLoad): RawBuilder<unknown> {
  const { target, targetFields } = relation;
  const columns = sql.raw(
    target.fields.map(({ column, position }) => `${identifier(column)} as c${position}`).join(', '),
  );
  const conditions = condition === undefined ? [] : [condition];
  if (order.length === 0) return sql`select ${columns} from ${sql.raw(tableText(target))} ${where(conditions)}`;
  const own = sql.raw(targetFields.map(({ column }) => identifier(column)).join(', '));
  const keys = sql.raw(targetFields.map((_, i) => `l.k${i}`).join(', '));
  const byKey = target.keyFields.map(({ column }) => sql.id(column));
  return sql`select ${columns}, row_number() over (order by ${sql.join([...order, ...byKey])}) as turn
    from ${sql.raw(tableText(target))} ${where([sql<boolean>`(${own}) in (select ${keys} from uno_links as l)`, ...conditions])}`;
}

function where(conditions: readonly RawBuilder<boolean>[]): RawBuilder<unknown> {
  return conditions.length === 0 ? sql`` : sql`where ${sql.join(conditions, sql` and `)}`;
}
