import { kindOf, ValidationError } from '@uno/postgres';
import { type RawBuilder, sql } from 'kysely';
import type { AnyMapping } from '../mapping/entity-mapping.js';
import type { Field } from '../mapping/field.js';
import { columnRef } from '../mapping/table-sql.js';

/** One field to order by, with everything said. */
export interface OrderItem {
  readonly field: Field;
  readonly direction: 'asc' | 'desc';
  readonly nulls: 'first' | 'last';
}

/**
 * What to order by, checked, and with the side of the nulls that PostgreSQL takes where nothing is said: they count as
 * greater than every value.
 *
 * @throws ConfigError for an unknown field
 * @throws ValidationError for what is no order
 */
export function orderItems(mapping: AnyMapping, orderBy: unknown): readonly OrderItem[] {
  if (orderBy === undefined) return [];
  if (Array.isArray(orderBy)) return orderBy.map((entry: unknown) => orderItem(mapping, entry));
  throw new ValidationError(`orderBy of ${mapping.name} is a list, not ${kindOf(orderBy)}.`, { field: 'orderBy' });
}

/** What comes after `order by`, as a list, for a statement in which the columns need no table before them. */
export function orderTerms(items: readonly OrderItem[]): readonly RawBuilder<unknown>[] {
  return items.map(({ field, ...side }) => sql`${columnRef(field)} ${sql.raw(sideText(side))}`);
}

/** Nothing is said of nulls where it changes nothing, so that equal orders have equal texts. */
function sideText({ direction, nulls }: Omit<OrderItem, 'field'>): string {
  return nulls === usualNulls(direction) ? direction : `${direction} nulls ${nulls}`;
}

function usualNulls(direction: OrderItem['direction']): OrderItem['nulls'] {
  return direction === 'asc' ? 'last' : 'first';
}

function orderItem(mapping: AnyMapping, entry: unknown): OrderItem {
  if (typeof entry === 'string') return { field: mapping.field(entry), direction: 'asc', nulls: usualNulls('asc') };
  const said: [string, unknown][] = Object.entries(entry ?? {});
  // A field may be called so: its direction is another word than the side of its nulls.
  const isSide = ([name, value]: [string, unknown]) => name === 'nulls' && value !== 'asc' && value !== 'desc';
  const [pair, ...others] = said.filter((part) => !isSide(part));
  if (pair === undefined || others.length > 0) {
    throw new ValidationError(
      `orderBy of ${mapping.name}: each entry names one field, such as { name: 'desc' } or { name: 'desc', nulls: 'last' }.`,
    );
  }
  const [property, direction] = pair;
  if (direction !== 'asc' && direction !== 'desc') {
    throw new ValidationError(
      `orderBy of ${mapping.name}: "${property}" is ordered 'asc' or 'desc', not ${kindOf(direction)}.`,
      { field: property },
    );
  }
  const nulls: unknown = said.find(isSide)?.[1];
  if (nulls === undefined) return { field: mapping.field(property), direction, nulls: usualNulls(direction) };
  if (nulls !== 'first' && nulls !== 'last') {
    throw new ValidationError(
      `orderBy of ${mapping.name}: nulls of "${property}" come 'first' or 'last', not ${kindOf(nulls)}.`,
      { field: property },
    );
  }
  return { field: mapping.field(property), direction, nulls };
}
