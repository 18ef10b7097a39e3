import { type AnyMapping, columnList, type Execute, type Field, type KeyTexts, tableText } from '@uno/domain';
import type { Queryable, TextResult } from '@uno/postgres';
import { type RawBuilder, sql } from 'kysely';
import { sameKey } from '../statements/unnest-sql.js';

/** Runs a query whose text depends on a filter, which is planned for its values each time. */
export function executeSql(execute: Execute, db: Queryable, query: RawBuilder<unknown>): Promise<TextResult> {
  const { sql: text, parameters } = query.compile(db);
  return execute({ sql: text }, parameters);
}

/** Which rows of a table are read next. */
export interface PageRequest {
  readonly fields: readonly Field[];
  readonly condition: RawBuilder<unknown>;
  /** The key that they come after. */
  readonly after: KeyTexts | undefined;
  /** How many; `Infinity` for all. */
  readonly limit: number;
}

/**
 * The next rows in the order of the key: `where (k1, k2) > ($1, $2) order by k1, k2 limit $3`, which an index on the key
 * answers without looking at the rows before. The parameters have the types of the columns, so that no cast to the mapped
 * type can round one of them and make the scan go back.
 */
export function pageQuery(mapping: AnyMapping, request: PageRequest): RawBuilder<unknown> {
  const { fields, condition, after, limit } = request;
  const key = sql.join(mapping.keyFields.map(({ column }) => sql.id(column)));
  const beyond = after === undefined ? sql`` : sql` and (${key}) > (${sql.join(after)})`;
  const atMost = limit === Number.POSITIVE_INFINITY ? sql`` : sql` limit ${limit}::bigint`;
  const from = sql`select ${sql.raw(columnList(fields))} from ${sql.raw(tableText(mapping))}`;
  return sql`${from} where ${condition}${beyond} order by ${key}${atMost}`;
}

/**
 * The rows of some keys that a condition still holds for, each with the position of its key, from 1, in front; locked in
 * the order of the keys until the transaction ends, against everybody who would change or remove them. References to them
 * can be made meanwhile, as their keys stay.
 *
 * @param arrays - one array parameter a key field
 */
export function lockQuery(
  mapping: AnyMapping,
  condition: RawBuilder<unknown>,
  arrays: readonly string[],
): RawBuilder<unknown> {
  const { keyFields, fields } = mapping;
  const given = arrays.map((array, i) => {
    const type = keyFields[i]?.type;
    return sql`${array}::${sql.raw(type?.unnestsApart ? 'text' : (type?.sql ?? 'text'))}[]`;
  });
  const names = [...keyFields.map((_, i) => `c${i}`), 'ord'].join(', ');
  const rows = sql`select ${sql.raw(columnList(fields))} from ${sql.raw(tableText(mapping))} where ${condition}`;
  return sql`select u.ord, ${sql.raw(columnList(fields, 't'))}
    from unnest(${sql.join(given)}) with ordinality as u(${sql.raw(names)})
    join (${rows}) as t on ${sql.raw(sameKey(keyFields, 't'))} order by u.ord for no key update of t`;
}
