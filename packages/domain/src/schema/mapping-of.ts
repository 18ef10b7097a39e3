import { ConfigError } from '@uno/postgres';
import { sql } from 'kysely';
import type { EntityClass } from '../entity/entity.js';
import type { AnyColumn } from '../mapping/column.js';
import type { AnyMapping } from '../mapping/entity-mapping.js';
import { mapUnchecked } from '../mapping/map-entity.js';
import { losslessColumn } from './lossless-column.js';
import type { ColumnDescription, TableDescription } from './table-description.js';
import { keyColumns, uniqueSets } from './table-keys.js';

/** How {@link mappingOf} maps. */
export interface MappingOfOptions {
  /** Columns that stand for the key of a table that has none. */
  readonly otherwiseKey?: readonly string[] | undefined;
}

/**
 * A mapping of a table that is known only when the program runs, made of what {@link readTable} says of it.
 *
 * - Its fields are called as the columns, but for names that no field can have, such as `constructor` or `and`: those have
 *   a `_` after them. `mapping.fields` tells the field of each column.
 * - Values lose nothing: whole numbers, booleans and texts are what {@link column} makes of them (a `bigint` for a bigint),
 *   all others PostgreSQL's own text: of a timestamp to the microsecond, of a numeric to the last digit.
 * - The key is the primary key; without one, the first unique index over columns that may not be NULL. Where there is none
 *   either, as for a view, those of `otherwiseKey` do, or all columns together: good for inserting, while nothing can be found by it for sure.
 * - What is unique besides are the unique sets of columns of all rows.
 *
 * Sends no statement. Every call gives a mapping, and a class, of its own.
 *
 * @throws ConfigError for a table without columns
 * @example
 * ```ts
 * const mapping = mappingOf(await readTable(db, 'geo.city'));
 * await new BatchOperations({ table: mapping, db }).batchInsert([{ name: 'Bern', population: '144447' }]);
 * ```
 */
export function mappingOf(table: TableDescription, options: MappingOfOptions = {}): AnyMapping {
  if (table.columns.length === 0) {
    throw new ConfigError(`The table ${table.sqlName} has no columns, so there is nothing to map.`);
  }
  const names = fieldNames(table.columns.map(({ name }) => name));
  const nameOf = (name: string): string => names.get(name) ?? name;
  const key = keyColumns(table) ?? options.otherwiseKey ?? table.columns.map(({ name }) => name);
  return mapUnchecked(classNamed(table.name), {
    table: table.name,
    schema: table.schema,
    columns: Object.fromEntries(table.columns.map((column) => [nameOf(column.name), columnOf(column)])),
    key: key.map(nameOf),
    uniques: uniqueSets(table)
      .filter((unique) => unique.join('\0') !== key.join('\0'))
      .map((unique) => unique.map(nameOf)),
  });
}

/** A class of that name, which messages show. */
function classNamed(name: string): EntityClass<object> {
  const entity = class {};
  Object.defineProperty(entity, 'name', { value: name });
  return entity;
}

/** Words that filters use, and what every object has. */
function isTaken(name: string): boolean {
  return ['and', 'or', 'not'].includes(name) || name in Object.prototype;
}

function fieldNames(columns: readonly string[]): Map<string, string> {
  const used = new Set(columns);
  const names = new Map<string, string>();
  for (const column of columns) {
    let name = column;
    while (isTaken(name) || (name !== column && used.has(name))) name += '_';
    used.add(name);
    names.set(column, name);
  }
  return names;
}

function columnOf(description: ColumnDescription): AnyColumn {
  const { name, nullable, identity, generated, default: expression } = description;
  const named = losslessColumn(description).named(name);
  const typed = nullable ? named.nullable() : named;
  if (generated !== null) return typed.computed(sql.raw(generated.expression));
  if (identity !== null) return identity === 'always' ? typed.generated('always') : typed.generated();
  return expression === null ? typed : typed.default(sql.raw(expression));
}
