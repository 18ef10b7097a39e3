import { type AnyMapping, columnList, tableText } from '@uno/domain';
import type { TextStatement } from '@uno/postgres';
import { cachedStatement } from './statement-cache.js';
import { sameKey, unnestTable } from './unnest-sql.js';

/** Rows by key, each with the position of its key in the parameters, from 1, in front. */
export function getStatement(mapping: AnyMapping): TextStatement {
  return cachedStatement(
    mapping,
    'get',
    () =>
      `select u.ord, ${columnList(mapping.fields, 't')} from ${unnestTable(mapping.keyFields, { ordinality: true })} ` +
      `join ${tableText(mapping)} as t on ${sameKey(mapping.keyFields, 't')}`,
  );
}

export function deleteStatement(mapping: AnyMapping): TextStatement {
  return cachedStatement(
    mapping,
    'delete',
    () =>
      `delete from ${tableText(mapping)} as t using ${unnestTable(mapping.keyFields, { ordinality: false })} ` +
      `where ${sameKey(mapping.keyFields, 't')}`,
  );
}
