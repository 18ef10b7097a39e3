import { kindOf, ValidationError } from '@uno/postgres';
import { type RawBuilder, sql } from 'kysely';
import type { AnyMapping } from '../mapping/entity-mapping.js';
import type { Field } from '../mapping/field.js';
import { columnList, tableText } from '../mapping/table-sql.js';
import { filterCondition } from './filter-sql.js';
import { orderItems, orderTerms } from './order-sql.js';
import type { LockClause } from './row-lock.js';

/** What to read, before it is checked. */
export interface SelectRequest {
  readonly filters?: object | undefined;
  readonly orderBy?: readonly unknown[] | undefined;
  readonly limit?: number | undefined;
  readonly offset?: number | undefined;
  /** The fields of each row; all of them, if not said. */
  readonly fields?: readonly Field[] | undefined;
  readonly lock?: LockClause | undefined;
  /** Where the rows come from, if it is not the table itself. */
  readonly source?: RawBuilder<unknown> | undefined;
}

/** The rows of a mapping that a request asks for. */
export function selectRows(mapping: AnyMapping, request: SelectRequest): RawBuilder<unknown> {
  const { source = sql.raw(tableText(mapping)), fields = mapping.fields } = request;
  const parts = [sql`select ${sql.raw(columnList(fields))} from ${source}`];
  parts.push(...where(mapping, request.filters));
  const order = orderTerms(orderItems(mapping, request.orderBy));
  if (order.length > 0) parts.push(sql`order by ${sql.join(order)}`);
  if (request.limit !== undefined) parts.push(sql`limit ${wholeNumber('limit', request.limit)}::bigint`);
  if (request.offset !== undefined) parts.push(sql`offset ${wholeNumber('offset', request.offset)}::bigint`);
  if (request.lock) parts.push(sql.raw(request.lock));
  return sql.join(parts, sql` `);
}

/** How many rows a filter finds. */
export function countRows(mapping: AnyMapping, filters: object | undefined): RawBuilder<unknown> {
  const parts = [sql`select count(*) from ${sql.raw(tableText(mapping))}`, ...where(mapping, filters)];
  return sql.join(parts, sql` `);
}

/** Whether a filter finds any row: one row of one boolean. */
export function existsRows(mapping: AnyMapping, filters: object): RawBuilder<unknown> {
  return sql`select exists(select 1 from ${sql.raw(tableText(mapping))} where ${filterCondition(mapping, filters)})`;
}

function where(mapping: AnyMapping, filters: object | undefined): RawBuilder<unknown>[] {
  return filters === undefined ? [] : [sql`where ${filterCondition(mapping, filters)}`];
}

/** @throws ValidationError for what is no number of rows */
export function wholeNumber(name: string, value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new ValidationError(
    `${name} is a whole number from 0, not ${typeof value === 'number' && Number.isInteger(value) ? (value < 0 ? 'a negative one' : 'one that large') : kindOf(value)}.`,
    {
      field: name,
    },
  );
}
