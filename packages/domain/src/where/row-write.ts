import { identifier, type Queryable } from '@uno/postgres';
import type { RawBuilder } from 'kysely';
import type { AnyMapping } from '../mapping/entity-mapping.js';
import type { Field } from '../mapping/field.js';
import type { KeyTexts } from '../mapping/key.js';
import { encodeField, type InputRecord } from '../mapping/record-reader.js';
import { columnList, tableText } from '../mapping/table-sql.js';
import type { UpdatePlan } from '../mapping/update-plan.js';
import { updateSql } from '../mapping/update-sql.js';

/** A statement and its parameters. */
export interface WhereStatement {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

/**
 * An UPDATE or a DELETE as far as it is the same for all rows and for chunks of them. The table has no alias in it: what a
 * filter says of the table names it as it is.
 */
export interface RowWrite {
  /** Up to where other tables are named. */
  readonly head: string;
  /** The word before those. */
  readonly join: 'from' | 'using';
  /** Which rows are written. */
  readonly restriction: string;
  /** How they are locked before, which is as the write itself locks them. */
  readonly lock: 'for no key update' | 'for update';
  readonly parameters: readonly unknown[];
}

/** @throws ValidationError for values that cannot be stored */
export function rowUpdate(
  mapping: AnyMapping,
  db: Queryable,
  condition: RawBuilder<boolean>,
  plan: UpdatePlan,
  fields: readonly Field[],
  { values, index }: InputRecord,
): RowWrite {
  const found = condition.compile(db);
  const given = fields.map((field) => encodeField(mapping, field, values[field.position], index));
  const first = found.parameters.length + 1;
  const parameterOf = (field: Field) => `$${first + fields.indexOf(field)}::${field.type.sql}`;
  // Nobody has read the rows, so that none of them can have another version than was read.
  const isCounted = (field: Field) => (field === plan.version ? 'null' : parameterOf(field));
  const { assignments, differs } = updateSql(plan, fields, isCounted, rowName(mapping));
  return {
    head: `update ${tableText(mapping)} set ${assignments}`,
    join: 'from',
    restriction: `(${found.sql}) and ${differs}`,
    lock: 'for no key update',
    parameters: [...found.parameters, ...given],
  };
}

export function rowDelete(mapping: AnyMapping, db: Queryable, condition: RawBuilder<boolean>): RowWrite {
  const { sql, parameters } = condition.compile(db);
  const head = `delete from ${tableText(mapping)}`;
  return { head, join: 'using', restriction: `(${sql})`, lock: 'for update', parameters };
}

/**
 * Writes all rows. With `mostKeys` it gives the number of all of them and the keys of so many, one row for each, and
 * nothing where there are none; without, it gives no rows.
 */
export function writeAll(mapping: AnyMapping, write: RowWrite, mostKeys: number | undefined): WhereStatement {
  const { head, restriction, parameters } = write;
  const all = `${head} where ${restriction}`;
  if (mostKeys === undefined) return { sql: all, parameters };
  const keys = columnList(mapping.keyFields);
  // A write in a WITH is done to its end, however few of its rows are looked at.
  const sql =
    `with uno_written as (${all} returning ${keys}) ` +
    `select (select count(*) from uno_written), ${keys} from uno_written limit ${mostKeys}`;
  return { sql, parameters };
}

/**
 * Writes the next rows in the order of the key, and gives the key of each and whether it was written, which a trigger may
 * have prevented. They are locked in that order: of those that somebody else changes meanwhile, it takes the ones that are
 * still to be written then.
 *
 * @param after - the last key of the chunk before; `undefined` for the first one
 */
export function writeChunk(
  mapping: AnyMapping,
  write: RowWrite,
  after: KeyTexts | undefined,
  size: number,
): WhereStatement {
  const { head, join, restriction, lock } = write;
  const { keyFields } = mapping;
  const keys = columnList(keyFields);
  const parameters = [...write.parameters, ...(after ?? []), size];
  const limit = `$${parameters.length}::bigint`;
  const places = after?.map((_, i) => `$${write.parameters.length + i + 1}`);
  const beyond = places === undefined ? '' : ` and (${keys}) > (${places.join(', ')})`;
  const same = (one: string, other: string) =>
    keyFields.map(({ column }) => `${one}.${identifier(column)} = ${other}.${identifier(column)}`).join(' and ');
  const [firstKey] = keyFields;
  const sql =
    `with uno_page as materialized (select ${keys} from ${tableText(mapping)} ` +
    `where ${restriction}${beyond} order by ${keys} limit ${limit} ${lock}), ` +
    `uno_written as (${head} ${join} uno_page where ${same(rowName(mapping), 'uno_page')} ` +
    `returning ${columnList(keyFields, 'uno_page')}) ` +
    `select ${columnList(keyFields, 'p')}, w.${identifier(firstKey?.column ?? '')} is not null ` +
    `from uno_page as p left join uno_written as w on ${same('p', 'w')} order by ${columnList(keyFields, 'p')}`;
  return { sql, parameters };
}

/** What the columns of the table are named by in a statement in which it has no alias. */
function rowName(mapping: AnyMapping): string {
  return identifier(mapping.tablePath.at(-1) ?? '');
}
