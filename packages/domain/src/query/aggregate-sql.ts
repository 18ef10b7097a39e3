import { ConfigError, kindOf } from '@uno/postgres';
import { type RawBuilder, sql } from 'kysely';
import { type AnyMapping, type Columns, EntityMapping } from '../mapping/entity-mapping.js';
import { columnRef, tableText } from '../mapping/table-sql.js';
import { aggregateColumn } from './aggregate-column.js';
import { filterCondition } from './filter-sql.js';
import { projectedFields } from './projection.js';
import { selectRows } from './select-sql.js';

/** What to aggregate, before it is checked. */
export interface AggregateRequest {
  readonly select: unknown;
  readonly groupBy?: unknown;
  readonly filters?: object | undefined;
  readonly having?: object | undefined;
  readonly orderBy?: readonly unknown[] | undefined;
  readonly limit?: number | undefined;
  readonly offset?: number | undefined;
}

/** A statement that aggregates, and its result as if it were a table. */
export interface AggregatePlan {
  readonly query: RawBuilder<unknown>;
  readonly result: AnyMapping;
  readonly isGrouped: boolean;
}

/**
 * The groups are a subquery, of which the result is selected like rows of a table: `having` and `orderBy` are filters and
 * orders like all others, then. PostgreSQL plans it as one query.
 *
 * @throws ConfigError, ValidationError for a request that is none
 */
export function aggregatePlan(mapping: AnyMapping, request: AggregateRequest): AggregatePlan {
  const { select, groupBy, filters, having, ...others } = request;
  const groups = projectedFields(mapping, 'aggregate', groupBy, 'groupBy') ?? [];
  const isGrouped = groups.length > 0;
  const aggregates = selected(mapping, select, isGrouped);
  const columns: Record<string, Columns[string]> = {};
  const expressions: RawBuilder<unknown>[] = [];
  for (const field of groups) {
    if (field.type.sql === 'json') {
      throw new ConfigError(
        `aggregate of ${mapping.name}: groupBy is not possible for "${field.property}", which is json.`,
      );
    }
    columns[field.property] = field.definition.named(field.property);
    expressions.push(sql`${columnRef(field)} as ${sql.id(field.property)}`);
  }
  for (const [name, aggregate] of aggregates) {
    if (Object.hasOwn(columns, name)) {
      throw new ConfigError(
        `aggregate of ${mapping.name}: "${name}" is a field of groupBy and the name of an aggregate.`,
      );
    }
    const { column, expression } = aggregateColumn(mapping, name, aggregate);
    columns[name] = column;
    expressions.push(sql`${expression} as ${sql.id(name)}`);
  }
  const result = resultMapping(mapping, columns);
  if (!isGrouped) {
    for (const [name, value] of Object.entries({ having, ...others })) {
      if (value !== undefined) throw new ConfigError(`aggregate: ${name} is for groups; say groupBy as well.`);
    }
  }
  const parts = [sql`select ${sql.join(expressions)} from ${sql.raw(tableText(mapping))}`];
  if (filters !== undefined) parts.push(sql`where ${filterCondition(mapping, filters)}`);
  if (isGrouped) parts.push(sql`group by ${sql.join(groups.map(columnRef))}`);
  const source = sql`(${sql.join(parts, sql` `)}) as ${sql.id(resultName)}`;
  return { query: selectRows(result, { ...others, filters: having, source }), result, isGrouped };
}

const resultName = 'groups';

function selected(mapping: AnyMapping, select: unknown, isGrouped: boolean): [string, unknown][] {
  if (typeof select !== 'object' || select === null || Array.isArray(select)) {
    throw new ConfigError(
      `aggregate of ${mapping.name}: select takes an object such as { largest: { max: 'population' } }, not ${kindOf(select)}.`,
    );
  }
  const aggregates = Object.entries(select);
  if (aggregates.length > 0 || isGrouped) return aggregates;
  throw new ConfigError(`aggregate of ${mapping.name}: nothing is asked for in select, nor in groupBy.`);
}

/** The result as a table of its own; it is called as the entity is, for messages. */
function resultMapping(mapping: AnyMapping, columns: Columns): AnyMapping {
  return new EntityMapping({
    entity: mapping.entity,
    tableName: resultName,
    tablePath: [resultName],
    columns,
    key: [],
    relations: {},
    uniques: [],
  });
}
