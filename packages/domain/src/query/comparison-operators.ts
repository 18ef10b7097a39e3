import { arrayLiteral } from '@uno/postgres';
import { type RawBuilder, sql } from 'kysely';
import { encodeField } from '../mapping/record-reader.js';
import { type Condition, type FilteredField, rejectFilter } from './filtered-field.js';

// A map, because in an object "constructor" and the like would be found as operators too.
const orders: ReadonlyMap<string, string> = new Map([
  ['lt', '<'],
  ['lte', '<='],
  ['gt', '>'],
  ['gte', '>='],
]);

export const comparisonOperatorNames: readonly string[] = [
  ...['eq', 'ne', ...orders.keys(), 'in', 'notIn', 'between', 'isNull'],
];

/** What every field can be asked; `undefined` for another operator. */
export function comparisonCondition(filtered: FilteredField, name: string, value: unknown): Condition | undefined {
  const { mapping, field, column } = filtered;
  const symbol = orders.get(name);
  if (symbol !== undefined) return sql`${column} ${sql.raw(symbol)} ${parameter(filtered, value)}`;
  switch (name) {
    case 'eq':
      return value === null ? sql`${column} is null` : equality(filtered, '=', value);
    case 'ne':
      return value === null ? sql`${column} is not null` : equality(filtered, '<>', value);
    case 'in':
      return sql`${column} = any(${list(filtered, name, value)})`;
    case 'notIn':
      return sql`${column} <> all(${list(filtered, name, value)})`;
    case 'between': {
      if (!Array.isArray(value) || value.length !== 2)
        return rejectFilter(mapping, field.property, 'between takes two values', value);
      return sql`${column} between ${parameter(filtered, value[0])} and ${parameter(filtered, value[1])}`;
    }
    case 'isNull':
      if (typeof value !== 'boolean') return rejectFilter(mapping, field.property, 'isNull takes true or false', value);
      return value ? sql`${column} is null` : sql`${column} is not null`;
    default:
      return undefined;
  }
}

function equality(filtered: FilteredField, symbol: '=' | '<>', value: unknown): Condition {
  const { field, column } = filtered;
  const compared = parameter(filtered, value);
  if (field.type.comparable) return sql`${column} ${sql.raw(symbol)} ${compared}`;
  // json has no equality in PostgreSQL; its text has, once the type has written it.
  return sql`${column}::text ${sql.raw(symbol)} ${compared}::${sql.raw(field.type.sql)}::text`;
}

/**
 * PostgreSQL gives a parameter the type of the column that it is compared with. A cast to the mapped type would round
 * it to the scale of a numeric(10,2) first, and 1.005 would be found as 1.01.
 */
function parameter({ mapping, field }: FilteredField, value: unknown): RawBuilder<unknown> {
  if (value === null || value === undefined)
    return rejectFilter(mapping, field.property, 'is compared with nothing', value);
  return sql`${encodeField(mapping, field, value, undefined)}`;
}

/** One array parameter, so that the statement's text does not depend on the length of the list. */
function list({ mapping, field }: FilteredField, name: string, value: unknown): RawBuilder<unknown> {
  if (!Array.isArray(value)) return rejectFilter(mapping, field.property, `${name} takes a list`, value);
  if (field.type.array || !field.type.comparable) {
    return rejectFilter(mapping, field.property, `${name} is not possible for ${field.type.sql}`, value);
  }
  const encoded = value.map((item: unknown) => {
    if (item === null || item === undefined)
      return rejectFilter(mapping, field.property, `${name} takes no null in its list`, item);
    return encodeField(mapping, field, item, undefined);
  });
  return sql`${arrayLiteral(encoded, field.type.bare)}`;
}
