import {
  type AnyMapping,
  cachedStatement,
  type Execute,
  type Field,
  shapeOf,
  type TextRow,
  tableText,
} from '@uno/domain';
import { identifier, type TextStatement } from '@uno/postgres';
import { parseRow, rowText } from './row-text.js';
import { sameKey, unnestTable } from './unnest-sql.js';

/** Rows by some columns, each with the position of its values in the parameters, from 1, in front. */
function findStatement(mapping: AnyMapping, fields: readonly Field[]): TextStatement {
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
  arrays: readonly string[],
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

export function deleteStatement(mapping: AnyMapping): TextStatement {
  return cachedStatement(mapping, 'delete', () => {
    const table = tableText(mapping);
    const condition = oneOfKeys(mapping, '');
    if (condition !== undefined) return `delete from ${table} where ${condition}`;
    const input = unnestTable(mapping.keyFields, { ordinality: false });
    return `delete from ${table} as t using ${input} where ${sameKey(mapping.keyFields, 't')}`;
  });
}

/** By one key field as `= any($1)`, which takes half the time of a join with the keys. */
function oneOfKeys(mapping: AnyMapping, prefix: string): string | undefined {
  const [only, ...more] = mapping.keyFields;
  if (only === undefined || more.length > 0 || only.type.unnestsApart) return undefined;
  return `${prefix}${identifier(only.column)} = any($1::${only.type.sql}[])`;
}

/** Deletes rows by key and gives the positions, from 1, of the keys that had one. */
export function deleteReturningStatement(mapping: AnyMapping): TextStatement {
  return cachedStatement(mapping, 'delete returning', () => {
    const input = unnestTable(mapping.keyFields, { ordinality: true });
    return `delete from ${tableText(mapping)} as t using ${input} where ${sameKey(mapping.keyFields, 't')} returning u.ord`;
  });
}
