import { ConfigError, executeTextSql, type Queryable } from '@uno/postgres';
import type { AnyMapping } from '../mapping/entity-mapping.js';
import { plainRow, projectedFields } from '../query/projection.js';
import { lockClause } from '../query/row-lock.js';
import { type SelectRequest, selectRows } from '../query/select-sql.js';
import { relationLoads } from '../relations/relation-load.js';

/** What to list, before it is checked. */
export interface ListRequest extends Omit<SelectRequest, 'fields' | 'lock'> {
  readonly fields?: readonly string[] | undefined;
  readonly loadRelations?: unknown;
  readonly lock?: unknown;
}

/**
 * Entities without relations, or plain objects of the fields asked for, by one statement.
 *
 * @throws ConfigError, ValidationError for a request that is none, before anything is sent
 */
export async function listRows(
  db: Queryable,
  mapping: AnyMapping,
  operation: string,
  request: ListRequest,
): Promise<object[]> {
  const { fields: names, loadRelations, lock, ...selection } = request;
  if (names !== undefined && relationLoads(mapping, loadRelations ?? []).length > 0) {
    throw new ConfigError(
      `${operation}: fields gives plain objects, which have no relations. Take fields or loadRelations.`,
    );
  }
  const fields = projectedFields(mapping, operation, names);
  const query = selectRows(mapping, { ...selection, fields, lock: lockClause(operation, lock, db) });
  const { rows } = await executeTextSql(db, query);
  return rows.map((row) => (fields === undefined ? mapping.hydrate(row) : plainRow(mapping, fields, row)));
}
