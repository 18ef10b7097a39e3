import {
  type AnyMapping,
  cachedStatement,
  columnList,
  type Execute,
  type Field,
  shapeOf,
  type TextRow,
  tableText,
} from '@uno/domain';
import { identifier, type TextStatement } from '@uno/postgres';
import type { ArrayParameter } from './column-arrays.js';
import { parseRow, rowText } from './row-text.js';
import { sameKey, unnestTable } from './unnest-sql.js';

/** Rows by some columns, each with the position of its values in the parameters, from 1, in front. */
export function findStatement(mapping: AnyMapping, fields: readonly Field[]): TextStatement {
  return cachedStatement(
    mapping,
    `find ${shapeOf(fields)}`,
    () =>
      `select u.ord, ${rowText(mapping.fields, 't')} from ${unnestTable(fields, { ordinality: true })} ` +
      `join ${tableText(mapping)} as t on ${sameKey(fields, 't')}`,
  );
}

/**
 * The rows that have the given values in some columns, in the order of the values; `undefined` where there is none.
 *
 * @param arrays - one array parameter a field
 * @param count - how many values each of them has
 */
export async function findRows(
  execute: Execute,
  mapping: AnyMapping,
  fields: readonly Field[],
  arrays: readonly ArrayParameter[],
  count: number,
): Promise<(TextRow | undefined)[]> {
  const found = new Array<TextRow | undefined>(count).fill(undefined);
  const { rows } = await execute(findStatement(mapping, fields), arrays);
  for (const [position, text] of rows) found[Number(position) - 1] = parseRow(mapping, text ?? '');
  return found;
}

/** Rows by key, each as its text, in no particular order: for mappings whose keys are exact. */
export function getStatement(mapping: AnyMapping): TextStatement {
  return cachedStatement(mapping, 'get', () => {
    const table = `select ${rowText(mapping.fields, 't')} from ${tableText(mapping)} as t`;
    const condition = oneOfKeys(mapping, 't.');
    if (condition !== undefined) return `${table} where ${condition}`;
    return `${table} join ${unnestTable(mapping.keyFields, { ordinality: false })} on ${sameKey(mapping.keyFields, 't')}`;
  });
}

/**
 * Deletes rows by key.
 *
 * @param countsKeys - whether several rows may have one key, as they may where other tables inherit from this one: then
 *   the statement gives the number of keys that had a row, and otherwise it affects as many rows
 */
export function deleteStatement(mapping: AnyMapping, countsKeys: boolean): TextStatement {
  return cachedStatement(mapping, countsKeys ? 'delete counting keys' : 'delete', () => {
    const { keyFields } = mapping;
    const deletion = deletionByKeys(mapping, false);
    if (!countsKeys) return deletion;
    return (
      `with d as (${deletion} returning ${columnList(keyFields, 't')}) ` +
      `select count(distinct (${columnList(keyFields, 'd')})) from d`
    );
  });
}

/**
 * Deletes rows by key and gives a row for each: by what it is lined up with its key, and if asked for, its text.
 *
 * @returns the statement, and whether its rows begin with the key itself rather than the position of it, from 1
 */
export function deleteReturningStatement(
  mapping: AnyMapping,
  withRows: boolean,
): { readonly statement: TextStatement; readonly givesKeys: boolean } {
  // The text of an exact key is the one by which it was asked for.
  const givesKeys = mapping.hasExactKey && oneOfKeys(mapping, 't.') !== undefined;
  const statement = cachedStatement(mapping, `delete returning${withRows ? ' rows' : ''}`, () => {
    const witness = givesKeys ? columnList(mapping.keyFields, 't') : 'u.ord';
    const row = withRows ? `, ${rowText(mapping.fields, 't')}` : '';
    return `${deletionByKeys(mapping, !givesKeys)} returning ${witness}${row}`;
  });
  return { statement, givesKeys };
}

/** Deletes one row and gives it as it was; by parameters of its own, one a key field. */
export function deleteOneReturningStatement(mapping: AnyMapping): TextStatement {
  return cachedStatement(mapping, 'delete one returning', () => {
    const condition = mapping.keyFields.map(({ column, type }, i) => `${identifier(column)} = $${i + 1}::${type.sql}`);
    return `delete from ${tableText(mapping)} where ${condition.join(' and ')} returning ${columnList(mapping.fields)}`;
  });
}

function deletionByKeys(mapping: AnyMapping, ordinality: boolean): string {
  const table = `delete from ${tableText(mapping)} as t`;
  const condition = ordinality ? undefined : oneOfKeys(mapping, 't.');
  if (condition !== undefined) return `${table} where ${condition}`;
  return `${table} using ${unnestTable(mapping.keyFields, { ordinality })} where ${sameKey(mapping.keyFields, 't')}`;
}

/** By one key field as `= any($1)`, which takes half the time of a join with the keys. */
function oneOfKeys(mapping: AnyMapping, prefix: string): string | undefined {
  const [only, ...more] = mapping.keyFields;
  if (only === undefined || more.length > 0 || only.type.unnestsApart) return undefined;
  return `${prefix}${identifier(only.column)} = any($1::${only.type.sql}[])`;
}
