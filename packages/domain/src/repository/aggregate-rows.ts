import { executeTextSql, type Queryable } from '@uno/postgres';
import type { AnyMapping } from '../mapping/entity-mapping.js';
import { type AggregateRequest, aggregatePlan } from '../query/aggregate-sql.js';
import { plainRow } from '../query/projection.js';

/**
 * What comes of many rows: a plain object for all of them, or one for each group.
 *
 * @throws ConfigError, ValidationError for a request that is none, before anything is sent
 * @throws ValidationError for a sum that is beyond what its type holds
 */
export async function aggregateRows(
  db: Queryable,
  mapping: AnyMapping,
  request: AggregateRequest,
): Promise<object | object[] | undefined> {
  const { query, result, isGrouped } = aggregatePlan(mapping, request);
  const { rows } = await executeTextSql(db, query);
  const values = rows.map((row) => plainRow(result, result.fields, row));
  return isGrouped ? values : values[0];
}
