import { executeText, type Queryable, sqlstateOf, type TextStatement } from '@uno/postgres';
import { TableAccessError, TableNotFoundError } from '../errors/table-errors.js';
import { similarNames } from './similar-names.js';
import type {
  IndexDescription,
  KeyDescription,
  TableDescription,
  TableKind,
  UniqueDescription,
} from './table-description.js';
import { tableNamesStatement, tableStatement } from './table-statement.js';

/** How {@link readTable} is run. */
export interface ReadTableOptions {
  /** Aborted, the statement is cancelled on the server. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * What the catalogue says of a table: columns with types, keys, indexes, foreign keys, triggers, row security and size.
 *
 * The name is SQL's: `city`, `geo.city`, `"City"`; PostgreSQL itself reads it, as a parameter, and finds it by the search
 * path. Costs one statement, and a second one where there is no such table, to suggest others. Reads no rows.
 *
 * @returns plain data, which can be written as JSON
 * @throws TableNotFoundError when there is no such table, with those of similar names
 * @throws TableAccessError when the role may neither read nor write it, or may not enter its schema
 * @throws UnoError for whatever PostgreSQL refuses
 * @example
 * ```ts
 * const { columns, primaryKey } = await readTable(db, 'geo.city');
 * ```
 */
export async function readTable(
  db: Queryable,
  name: string,
  options: ReadTableOptions = {},
): Promise<TableDescription> {
  const text = await documentOf(db, name, tableStatement, options);
  if (text === undefined) {
    throw await notFound(db, name, `There is no table ${name}`, options);
  }
  const { keys, kind, ...rest } = JSON.parse(text) as WrittenDescription;
  const known = kinds.get(kind);
  if (known === undefined) {
    throw await notFound(db, name, `${name} is ${others.get(kind) ?? 'something else'}, not a table`, options);
  }
  const { select, insert, update, delete: remove } = rest.privileges;
  if (!select && !insert && !update && !remove) {
    throw new TableAccessError(name, `The role of this connection has no privileges on the table ${rest.sqlName}.`, {
      operation: 'readTable',
    });
  }
  return { ...rest, ...keys, kind: known };
}

/** `pg_class.relkind` of what can be read as a table. */
const kinds: ReadonlyMap<string, TableKind> = new Map([
  ['r', 'table'],
  ['p', 'partitioned'],
  ['v', 'view'],
  ['m', 'materialized'],
  ['f', 'foreign'],
]);

const others: ReadonlyMap<string, string> = new Map([
  ['i', 'an index'],
  ['I', 'an index'],
  ['S', 'a sequence'],
  ['c', 'a composite type'],
  ['t', 'a part of a table'],
]);

/** As the statement writes it. */
interface WrittenDescription extends Omit<TableDescription, 'kind' | 'primaryKey' | 'uniques' | 'indexes'> {
  readonly kind: string;
  readonly keys: {
    readonly primaryKey: KeyDescription | null;
    readonly uniques: readonly UniqueDescription[];
    readonly indexes: readonly IndexDescription[];
  };
}

/** What PostgreSQL says of a name that is none: it cannot be read, or names another database. */
const noNames = new Set(['42601', '42602', '0A000', '22023']);

async function documentOf(
  db: Queryable,
  name: string,
  statement: TextStatement,
  options: ReadTableOptions,
): Promise<string | undefined> {
  try {
    const { rows } = await executeText(db, statement, [name], options);
    return rows[0]?.[0] ?? undefined;
  } catch (error) {
    const sqlstate = sqlstateOf(error);
    const about = { operation: 'readTable', cause: error };
    if (sqlstate === '42501') {
      throw new TableAccessError(name, `The role of this connection may not enter the schema of ${name}.`, about);
    }
    if (sqlstate === undefined || !noNames.has(sqlstate)) throw error;
    throw new TableNotFoundError(
      name,
      `"${name}" is no name of a table: it is written as in SQL, table or schema.table, with "" around parts that have capitals or signs`,
      [],
      about,
    );
  }
}

async function notFound(
  db: Queryable,
  name: string,
  why: string,
  options: ReadTableOptions,
): Promise<TableNotFoundError> {
  const { rows } = await executeText(db, tableNamesStatement, [], options);
  const bare = name
    .slice(name.lastIndexOf('.') + 1)
    .replaceAll('"', '')
    .trim();
  const choices = rows.map(([shown, table]) => ({ shown: shown ?? '', name: table ?? '' }));
  return new TableNotFoundError(name, why, similarNames(bare, choices), { operation: 'readTable' });
}
