import { ConfigError, kindOf } from '@uno/postgres';
import { type RawBuilder, sql } from 'kysely';
import type { AnyMapping } from '../mapping/entity-mapping.js';
import { filterCondition } from '../query/filter-sql.js';

/**
 * The condition of a write by filter. A filter that was forgotten, or out of which its conditions got lost on the way, is
 * refused: it would mean the whole table.
 *
 * @param all - whether the caller says that the whole table is meant
 * @throws ConfigError for a filter that holds for every row, unless `all` says so; for any other one if it does
 * @throws ValidationError for a filter that is wrong
 */
export function restriction(
  mapping: AnyMapping,
  operation: string,
  filters: unknown,
  all: boolean,
): RawBuilder<boolean> {
  if (filters === undefined || filters === null || holdsForAll(filters)) {
    if (all) return sql<boolean>`true`;
    const given = filters === undefined || filters === null ? `is ${kindOf(filters)}` : 'holds for every row';
    throw new ConfigError(
      `${operation} of ${mapping.name}: the filter ${given}. Say { all: true } if the whole table is meant.`,
    );
  }
  const condition = filterCondition(mapping, filters);
  if (!all) return condition;
  throw new ConfigError(
    `${operation} of ${mapping.name}: all: true says that the whole table is meant, and the filter that it is not. Leave one of them out.`,
  );
}

function holdsForAll(filters: unknown): boolean {
  return constantOf(filters) === true;
}

/**
 * What a filter is whatever the row: `{}`, `{ and: [] }` and `{ id: { notIn: [] } }` are true, `{ id: { in: [] } }` is
 * false. `undefined` where that depends on the row, or the filter is wrong, which others say.
 */
function constantOf(filters: unknown): boolean | undefined {
  if (!isPlain(filters)) return undefined;
  return every(Object.entries(filters).map(([name, value]) => entryConstant(name, value)));
}

function entryConstant(name: string, value: unknown): boolean | undefined {
  switch (name) {
    case 'and':
      return Array.isArray(value) ? every(value.map(constantOf)) : undefined;
    case 'or':
      return Array.isArray(value) ? opposite(every(value.map((part) => opposite(constantOf(part))))) : undefined;
    case 'not':
      return opposite(constantOf(value));
    default:
      return fieldConstant(value);
  }
}

function fieldConstant(value: unknown): boolean | undefined {
  if (!isPlain(value)) return undefined;
  const operators = Object.entries(value);
  // A field without an operator is an error, not a condition.
  if (operators.length === 0) return undefined;
  return every(
    operators.map(([operator, operand]) => {
      if (!Array.isArray(operand) || operand.length > 0) return undefined;
      return operator === 'notIn' ? true : operator === 'in' ? false : undefined;
    }),
  );
}

function every(parts: readonly (boolean | undefined)[]): boolean | undefined {
  if (parts.includes(false)) return false;
  return parts.includes(undefined) ? undefined : true;
}

function opposite(constant: boolean | undefined): boolean | undefined {
  return constant === undefined ? undefined : !constant;
}

function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
