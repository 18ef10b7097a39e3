import { type RawBuilder, sql } from 'kysely';
import type { AnyMapping, TextRow } from '../mapping/entity-mapping.js';
import { columnRef } from '../mapping/table-sql.js';
import { type OrderItem, orderItems } from '../query/order-sql.js';

type Condition = RawBuilder<boolean>;

/** A place in an order: before, on or after every row. */
export interface KeysetPosition {
  /** The texts of the ordered columns of the row that it is at. */
  readonly at: readonly (string | null)[];
  /** Whether what is at it belongs to what comes beyond it. */
  readonly isInclusive: boolean;
}

/**
 * An order in which no two rows are equal: the one asked for, and then the key, in the direction of the last field, so that
 * an index can give all of it.
 *
 * @throws ConfigError, ValidationError for what is no order
 */
export function keysetOrder(mapping: AnyMapping, orderBy: unknown): readonly OrderItem[] {
  const order: OrderItem[] = [];
  const add = (item: OrderItem) => {
    // A second time it decides nothing any more.
    if (!order.some(({ field }) => field === item.field)) order.push(item);
  };
  for (const item of orderItems(mapping, orderBy)) add(item);
  const direction = order.at(-1)?.direction ?? 'asc';
  for (const field of mapping.keyFields) add({ field, direction, nulls: direction === 'asc' ? 'last' : 'first' });
  return order;
}

/** The same rows from the other end. */
export function reversedOrder(order: readonly OrderItem[]): readonly OrderItem[] {
  return order.map(({ field, direction, nulls }) => ({
    field,
    direction: direction === 'asc' ? 'desc' : 'asc',
    nulls: nulls === 'first' ? 'last' : 'first',
  }));
}

/** The texts of a row by which it has its place in an order. */
export function placeOf(order: readonly OrderItem[], row: TextRow): (string | null)[] {
  return order.map(({ field }) => row[field.position] ?? null);
}

/**
 * Which rows come beyond a position in an order. Values are compared by PostgreSQL, as it orders them: by the collation and
 * type of the column, of which a parameter without a cast is. NULLs are where the order says.
 */
export function beyond(order: readonly OrderItem[], { at, isInclusive }: KeysetPosition): Condition {
  return comparesAsRow(order, at) ? rowBeyond(order, at, isInclusive) : fieldBeyond(order, at, isInclusive, 0);
}

/** Where no NULL comes in between and all directions are one, `(a, b) > (1, 2)` says it all, which an index answers. */
function comparesAsRow(order: readonly OrderItem[], at: KeysetPosition['at']): boolean {
  const [first] = order;
  return order.every(
    ({ field, direction }, i) => direction === first?.direction && !field.nullable && typeof at[i] === 'string',
  );
}

function rowBeyond(order: readonly OrderItem[], at: KeysetPosition['at'], isInclusive: boolean): Condition {
  const columns = sql.join(order.map(({ field }) => columnRef(field)));
  const sign = `${order[0]?.direction === 'desc' ? '<' : '>'}${isInclusive ? '=' : ''}`;
  return sql<boolean>`(${columns}) ${sql.raw(sign)} (${sql.join(at)})`;
}

/** Beyond in this field, or equal in it and beyond in those after it. */
function fieldBeyond(
  order: readonly OrderItem[],
  at: KeysetPosition['at'],
  isInclusive: boolean,
  position: number,
): Condition {
  const item = order[position];
  const value = at[position] ?? null;
  // Equal in everything: it is the row itself.
  if (item === undefined) return isInclusive ? sql<boolean>`true` : sql<boolean>`false`;
  const column = columnRef(item.field);
  const same = value === null ? sql`${column} is null` : sql`${column} = ${value}`;
  const rest = sql`(${same} and ${fieldBeyond(order, at, isInclusive, position + 1)})`;
  const further = valueBeyond(item, value);
  const either = further === undefined ? sql<boolean>`${rest}` : sql<boolean>`(${further} or ${rest})`;
  if (position > 0 || value === null || item.field.nullable) return either;
  // It follows from the rest, and is what an index on the first column can begin with.
  return sql<boolean>`(${column} ${sql.raw(item.direction === 'asc' ? '>=' : '<=')} ${value} and ${either})`;
}

/** `undefined` where nothing is beyond the value. */
function valueBeyond({ field, direction, nulls }: OrderItem, value: string | null): Condition | undefined {
  const column = columnRef(field);
  if (value === null) return nulls === 'first' ? sql<boolean>`${column} is not null` : undefined;
  const compared = sql<boolean>`${column} ${sql.raw(direction === 'asc' ? '>' : '<')} ${value}`;
  return nulls === 'last' && field.nullable ? sql<boolean>`(${compared} or ${column} is null)` : compared;
}
