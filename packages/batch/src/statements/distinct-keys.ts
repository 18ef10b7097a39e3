import { type AnyMapping, cachedStatement, type Execute, type Field, shapeOf } from '@uno/domain';
import type { TextStatement } from '@uno/postgres';
import { AmbiguousKeysError } from '../engine/ambiguous-keys-error.js';
import type { ArrayParameter } from './column-arrays.js';
import { unnestedValue, unnestTable } from './unnest-sql.js';

function distinctStatement(mapping: AnyMapping, fields: readonly Field[]): TextStatement {
  return cachedStatement(mapping, `distinct ${shapeOf(fields)}`, () => {
    const values = fields.map((field, i) => unnestedValue(field, i));
    const known = fields.map((_, i) => `u.c${i} is not null`).join(' and ');
    return (
      `select count(*) = count(distinct (${values.join(', ')})) ` +
      `from ${unnestTable(fields, { ordinality: false })} where ${known}`
    );
  });
}

/**
 * Has PostgreSQL say that no two records mean the same row, where that cannot be told by the texts of their keys: of
 * numeric, 1 and 1.0 are equal. SQL's NULLs are all different.
 *
 * @param arrays - one array parameter a field
 * @throws AmbiguousKeysError when some do
 */
export async function requireDistinct(
  execute: Execute,
  mapping: AnyMapping,
  fields: readonly Field[],
  arrays: readonly ArrayParameter[],
): Promise<void> {
  const { rows } = await execute(distinctStatement(mapping, fields), arrays);
  if (rows[0]?.[0] !== 't') throw new AmbiguousKeysError();
}
