import { bigintAsNumber, ConfigError, double, kindOf, numeric, type PgType, wholeNumeric } from '@uno/postgres';
import { type RawBuilder, sql } from 'kysely';
import { type AnyColumn, Column, type ColumnKind, isNumber } from '../mapping/column.js';
import type { AnyMapping } from '../mapping/entity-mapping.js';
import type { Field } from '../mapping/field.js';
import { columnRef } from '../mapping/table-sql.js';

/** An aggregate in SQL, and as a column of the result. */
export interface AggregateColumn {
  readonly expression: RawBuilder<unknown>;
  readonly column: AnyColumn;
}

const names = ['count', 'countDistinct', 'sum', 'avg', 'min', 'max'];

/**
 * What an aggregate is, checked.
 *
 * @param name - what the caller calls it
 * @throws ConfigError for what is none, or is not possible for the field
 */
export function aggregateColumn(mapping: AnyMapping, name: string, aggregate: unknown): AggregateColumn {
  const said = typeof aggregate === 'object' && aggregate !== null ? Object.entries(aggregate) : [];
  const [pair, ...others] = said;
  if (pair === undefined || others.length > 0 || !names.includes(pair[0]) || typeof pair[1] !== 'string') {
    throw new ConfigError(
      `aggregate of ${mapping.name}: "${name}" is one of ${names.join(', ')} of one field, such as { sum: 'population' }, not ${said.length > 0 ? 'another object' : kindOf(aggregate)}.`,
    );
  }
  const [operation, property] = pair;
  if (operation === 'count' && property === '*') return countOf(sql`count(*)`);
  const field = mapping.field(property);
  const argument = columnRef(field);
  switch (operation) {
    case 'count':
      return countOf(sql`count(${argument})`);
    case 'countDistinct':
      if (field.type.sql === 'json') return refuse(mapping, field, operation);
      return countOf(sql`count(distinct ${argument})`);
    case 'sum':
      if (!isNumber(field.definition.kind)) return refuse(mapping, field, operation);
      return result(sql`sum(${argument})`, sumType(field), field.definition.kind);
    case 'avg':
      if (!isNumber(field.definition.kind)) return refuse(mapping, field, operation);
      return isOfNumbers(field)
        ? result(sql`avg(${argument})::double precision`, double, 'float')
        : result(sql`avg(${argument})`, numeric(), 'decimal');
    default:
      // Whether there is a least value of a type that is known by its name only, PostgreSQL knows.
      if (['array', 'document', 'search'].includes(field.definition.kind ?? ''))
        return refuse(mapping, field, operation);
      return result(sql`${sql.raw(operation)}(${argument})`, field.type, field.definition.kind);
  }
}

/** A sum has the type of its values, or one that holds more of the same. */
function sumType(field: Field): PgType<unknown> {
  switch (field.definition.kind) {
    case 'integer':
      return isOfNumbers(field) ? bigintAsNumber : wholeNumeric;
    case 'decimal':
      return numeric();
    default:
      return field.type;
  }
}

function isOfNumbers({ type }: Field): boolean {
  return typeof type.decode('0') === 'number';
}

function countOf(expression: RawBuilder<unknown>): AggregateColumn {
  return result(expression, bigintAsNumber, 'integer');
}

function result(expression: RawBuilder<unknown>, type: PgType<unknown>, kind: ColumnKind | undefined): AggregateColumn {
  const column = new Column({
    type,
    kind,
    isNullable: true,
    insertMode: 'never',
    columnName: undefined,
    origin: undefined,
  });
  return { expression, column };
}

function refuse(mapping: AnyMapping, field: Field, operation: string): never {
  throw new ConfigError(
    `aggregate of ${mapping.name}: ${operation} is not possible for "${field.property}", which is ${field.type.sql}.`,
  );
}
