import { arrayLiteral, kindOf, text, ValidationError } from '@uno/postgres';
import { type RawBuilder, sql } from 'kysely';
import type { AnyMapping } from '../mapping/entity-mapping.js';
import type { Field } from '../mapping/field.js';
import { encodeField } from '../mapping/record-reader.js';
import { columnRef } from '../mapping/table-sql.js';

type Condition = RawBuilder<boolean>;

// Maps, because in an object "constructor" and the like would be found as operators too.
const comparisons: ReadonlyMap<string, string> = new Map([
  ['lt', '<'],
  ['lte', '<='],
  ['gt', '>'],
  ['gte', '>='],
]);
const patterns: ReadonlyMap<string, string> = new Map([
  ['like', 'like'],
  ['ilike', 'ilike'],
]);
const operatorNames = ['eq', 'ne', 'lt', 'lte', 'gt', 'gte', 'in', 'notIn', 'between', 'isNull', 'like', 'ilike'];

/**
 * A filter as an SQL condition; values are parameters, names come from the mapping.
 *
 * @throws ConfigError for an unknown field
 * @throws ValidationError for an unknown operator, a value of another type, or `undefined`, which would silently match
 *   every row
 */
export function filterCondition(mapping: AnyMapping, filters: unknown): Condition {
  const conditions = Object.entries(requireObject(mapping, 'filters', filters)).map(([name, value]) =>
    entry(mapping, name, value),
  );
  return joined(conditions, 'and', sql<boolean>`true`);
}

function entry(mapping: AnyMapping, name: string, value: unknown): Condition {
  switch (name) {
    case 'and':
      return joined(nestedList(mapping, name, value), 'and', sql<boolean>`true`);
    case 'or':
      return joined(nestedList(mapping, name, value), 'or', sql<boolean>`false`);
    case 'not':
      return sql<boolean>`not (${nested(mapping, name, value)})`;
    default:
      return fieldCondition(mapping, mapping.field(name), value);
  }
}

function nestedList(mapping: AnyMapping, name: string, value: unknown): Condition[] {
  if (!Array.isArray(value)) return reject(mapping, name, 'takes a list of filters', value);
  return value.map((part) => nested(mapping, name, part));
}

function nested(mapping: AnyMapping, name: string, value: unknown): Condition {
  return filterCondition(mapping, requireObject(mapping, name, value));
}

function joined(conditions: readonly Condition[], word: 'and' | 'or', none: Condition): Condition {
  if (conditions.length === 0) return none;
  return sql<boolean>`(${sql.join(conditions, word === 'and' ? sql` and ` : sql` or `)})`;
}

function fieldCondition(mapping: AnyMapping, field: Field, value: unknown): Condition {
  if (!isOperators(value)) return operator(mapping, field, 'eq', value);
  const names = Object.keys(value);
  if (names.length === 0) return reject(mapping, field.property, 'has no operator', value);
  return joined(
    names.map((name) => operator(mapping, field, name, value[name])),
    'and',
    sql<boolean>`true`,
  );
}

/** Plain objects hold operators; Dates, bytes and lists are values. */
function isOperators(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function operator(mapping: AnyMapping, field: Field, name: string, value: unknown): Condition {
  const column = columnRef(field);
  if (value === undefined) {
    return reject(mapping, field.property, `${name} is undefined; leave it out, or say null for NULL`, value);
  }
  const comparison = comparisons.get(name);
  if (comparison !== undefined) return sql`${column} ${sql.raw(comparison)} ${parameter(mapping, field, value)}`;
  const pattern = patterns.get(name);
  if (pattern !== undefined) {
    if (typeof value !== 'string') return reject(mapping, field.property, `${name} takes a pattern`, value);
    const encoded = encodeField(mapping, { ...field, type: text }, value, undefined);
    return sql`${column}::text ${sql.raw(pattern)} ${encoded}::text`;
  }
  switch (name) {
    case 'eq':
      return value === null ? sql`${column} is null` : equality(mapping, field, '=', value);
    case 'ne':
      return value === null ? sql`${column} is not null` : equality(mapping, field, '<>', value);
    case 'in':
      return sql`${column} = any(${list(mapping, field, name, value)})`;
    case 'notIn':
      return sql`${column} <> all(${list(mapping, field, name, value)})`;
    case 'between': {
      if (!Array.isArray(value) || value.length !== 2)
        return reject(mapping, field.property, 'between takes two values', value);
      return sql`${column} between ${parameter(mapping, field, value[0])} and ${parameter(mapping, field, value[1])}`;
    }
    case 'isNull':
      if (typeof value !== 'boolean') return reject(mapping, field.property, 'isNull takes true or false', value);
      return value ? sql`${column} is null` : sql`${column} is not null`;
    default:
      throw new ValidationError(
        `Filter of ${mapping.name}: "${field.property}" has an unknown operator "${name}". Known are: ${operatorNames.join(', ')}.`,
        { field: field.property },
      );
  }
}

function equality(mapping: AnyMapping, field: Field, symbol: '=' | '<>', value: unknown): Condition {
  const compared = parameter(mapping, field, value);
  if (field.type.comparable) return sql`${columnRef(field)} ${sql.raw(symbol)} ${compared}`;
  // json has no equality in PostgreSQL; its text has, once the type has written it.
  return sql`${columnRef(field)}::text ${sql.raw(symbol)} ${compared}::${sql.raw(field.type.sql)}::text`;
}

/**
 * PostgreSQL gives a parameter the type of the column that it is compared with. A cast to the mapped type would round
 * it to the scale of a numeric(10,2) first, and 1.005 would be found as 1.01.
 */
function parameter(mapping: AnyMapping, field: Field, value: unknown): RawBuilder<unknown> {
  if (value === null || value === undefined) return reject(mapping, field.property, 'is compared with nothing', value);
  return sql`${encodeField(mapping, field, value, undefined)}`;
}

/** One array parameter, so that the statement's text does not depend on the length of the list. */
function list(mapping: AnyMapping, field: Field, name: string, value: unknown): RawBuilder<unknown> {
  if (!Array.isArray(value)) return reject(mapping, field.property, `${name} takes a list`, value);
  if (field.type.array || !field.type.comparable) {
    return reject(mapping, field.property, `${name} is not possible for ${field.type.sql}`, value);
  }
  const encoded = value.map((item: unknown) => {
    if (item === null || item === undefined)
      return reject(mapping, field.property, `${name} takes no null in its list`, item);
    return encodeField(mapping, field, item, undefined);
  });
  return sql`${arrayLiteral(encoded, field.type.bare)}`;
}

function requireObject(mapping: AnyMapping, name: string, value: unknown): Record<string, unknown> {
  return isOperators(value) ? value : reject(mapping, name, 'takes a filter', value);
}

function reject(mapping: AnyMapping, name: string, problem: string, value: unknown): never {
  throw new ValidationError(`Filter of ${mapping.name}: "${name}" ${problem} (it is ${kindOf(value)}).`, {
    field: name,
  });
}
