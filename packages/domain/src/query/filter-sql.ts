import { ValidationError } from '@uno/postgres';
import { sql } from 'kysely';
import type { AnyMapping } from '../mapping/entity-mapping.js';
import type { Field } from '../mapping/field.js';
import { columnRef } from '../mapping/table-sql.js';
import { comparisonCondition, comparisonOperatorNames } from './comparison-operators.js';
import { containmentCondition, containmentOperatorNames } from './containment-operators.js';
import { documentCondition } from './document-operators.js';
import { type Condition, isOperators, rejectFilter } from './filtered-field.js';
import { searchCondition } from './search-operator.js';
import { textCondition, textOperatorNames } from './text-operators.js';

const operatorNames = [
  ...comparisonOperatorNames,
  ...textOperatorNames,
  ...containmentOperatorNames,
  ...['at', 'matches'],
];

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
  if (!Array.isArray(value)) return rejectFilter(mapping, name, 'takes a list of filters', value);
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
  if (names.length === 0) return rejectFilter(mapping, field.property, 'has no operator', value);
  return joined(
    names.map((name) => operator(mapping, field, name, value[name])),
    'and',
    sql<boolean>`true`,
  );
}

function operator(mapping: AnyMapping, field: Field, name: string, value: unknown): Condition {
  if (value === undefined) {
    return rejectFilter(mapping, field.property, `${name} is undefined; leave it out, or say null for NULL`, value);
  }
  const filtered = { mapping, field, column: columnRef(field) };
  if (name === 'at') return documentCondition(filtered, value);
  if (name === 'matches') return searchCondition(filtered, value);
  const condition =
    comparisonCondition(filtered, name, value) ??
    textCondition(filtered, sql`${filtered.column}::text`, name, value) ??
    containmentCondition(filtered, name, value);
  if (condition !== undefined) return condition;
  throw new ValidationError(
    `Filter of ${mapping.name}: "${field.property}" has an unknown operator "${name}". Known are: ${operatorNames.join(', ')}.`,
    { field: field.property },
  );
}

function requireObject(mapping: AnyMapping, name: string, value: unknown): Record<string, unknown> {
  return isOperators(value) ? value : rejectFilter(mapping, name, 'takes a filter', value);
}
