import { kindOf, ValidationError } from '@uno/postgres';
import { type RawBuilder, sql } from 'kysely';
import type { AnyMapping } from '../mapping/entity-mapping.js';
import { columnList, columnRef, tableText } from '../mapping/table-sql.js';
import { filterCondition } from './filter-sql.js';

/** What to read, before it is checked. */
export interface SelectRequest {
  readonly filters?: object | undefined;
  readonly orderBy?: readonly unknown[] | undefined;
  readonly limit?: number | undefined;
  readonly offset?: number | undefined;
}

/** The whole rows of a mapping that a request asks for. */
export function selectRows(mapping: AnyMapping, request: SelectRequest): RawBuilder<unknown> {
  const parts = [sql`select ${sql.raw(columnList(mapping.fields))} from ${sql.raw(tableText(mapping))}`];
  parts.push(...where(mapping, request.filters));
  const order = orderItems(mapping, request.orderBy);
  if (order.length > 0) parts.push(sql`order by ${sql.join(order)}`);
  if (request.limit !== undefined) parts.push(sql`limit ${wholeNumber('limit', request.limit)}::bigint`);
  if (request.offset !== undefined) parts.push(sql`offset ${wholeNumber('offset', request.offset)}::bigint`);
  return sql.join(parts, sql` `);
}

/** How many rows a filter finds. */
export function countRows(mapping: AnyMapping, filters: object | undefined): RawBuilder<unknown> {
  const parts = [sql`select count(*) from ${sql.raw(tableText(mapping))}`, ...where(mapping, filters)];
  return sql.join(parts, sql` `);
}

function where(mapping: AnyMapping, filters: object | undefined): RawBuilder<unknown>[] {
  return filters === undefined ? [] : [sql`where ${filterCondition(mapping, filters)}`];
}

/**
 * What comes after `order by`, as a list, for a statement in which the columns of the mapping need no table before them.
 *
 * @throws ConfigError for an unknown field
 * @throws ValidationError for what is no order
 */
export function orderItems(mapping: AnyMapping, orderBy: unknown): RawBuilder<unknown>[] {
  return orderList(mapping, orderBy).map((entry) => orderItem(mapping, entry));
}

function orderList(mapping: AnyMapping, orderBy: unknown): readonly unknown[] {
  if (orderBy === undefined) return [];
  if (Array.isArray(orderBy)) return orderBy;
  throw new ValidationError(`orderBy of ${mapping.name} is a list, not ${kindOf(orderBy)}.`, { field: 'orderBy' });
}

function orderItem(mapping: AnyMapping, entry: unknown): RawBuilder<unknown> {
  const [pair, ...others] = typeof entry === 'string' ? [[entry, 'asc'] as const] : Object.entries(entry ?? {});
  if (pair === undefined || others.length > 0) {
    throw new ValidationError(`orderBy of ${mapping.name}: each entry names one field, such as { name: 'desc' }.`);
  }
  const [property, direction] = pair;
  if (direction !== 'asc' && direction !== 'desc') {
    throw new ValidationError(
      `orderBy of ${mapping.name}: "${property}" is ordered 'asc' or 'desc', not ${kindOf(direction)}.`,
      {
        field: property,
      },
    );
  }
  return sql`${columnRef(mapping.field(property))} ${sql.raw(direction)}`;
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
